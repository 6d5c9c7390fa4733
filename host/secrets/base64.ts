/**
 * What a Base64 text shows if it encodes `text` or anything that holds it: a secret of Kubernetes, or the name and the
 * password of a request. Three bytes become four characters, so the characters depend on how many bytes come before.
 */
export function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text);
  const parts = [0, 1, 2].map((before) => ownCharacters(bytes, before));
  return [bytes.toString('base64'), ...parts].flatMap((form) => [form, inUrl(form)]);
}

/** The characters that `bytes` alone decide, if `before` other bytes come first. */
function ownCharacters(bytes: Buffer, before: number): string {
  const all = Buffer.concat([Buffer.alloc(before), bytes]);
  return all.toString('base64').slice(Math.ceil((before * 8) / 6), Math.floor((all.length * 8) / 6));
}

/** In the alphabet of RFC 4648, section 5, without padding. */
function inUrl(form: string): string {
  return form.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
