/**
 * The characters that `text` becomes in Base64: encoded alone, as in a secret of Kubernetes, or as a part of a longer
 * text, as in the name and password of a request. Three bytes become four characters, so a part has three forms, which
 * depend on the number of bytes before it.
 */
export function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text);
  const parts = [0, 1, 2].map((before) => ownCharacters(bytes, before));
  return [bytes.toString('base64'), ...parts].flatMap((form) => [form, inUrl(form)]);
}

/** The characters that depend only on `bytes`, if `before` other bytes come first. */
function ownCharacters(bytes: Buffer, before: number): string {
  const all = Buffer.concat([Buffer.alloc(before), bytes]);
  return all.toString('base64').slice(Math.ceil((before * 8) / 6), Math.floor((all.length * 8) / 6));
}

/** In the alphabet of RFC 4648, section 5, without padding. */
function inUrl(form: string): string {
  return form.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
