/** The part of a page's stylesheet that follows from what the page shows. */
export interface Palette {
  /** The class of a colour of a log; undefined if a page has too many of them. */
  classOf(colour: `#${string}`, use: 'color' | 'background'): string | undefined;
  /** The class with one declaration, such as `top:25%`: the policy of the page forbids `style` attributes. */
  classFor(declaration: string): string;
  css(): string;
}

const MOST_COLOURS = 512;

/** An empty one. */
export function openPalette(): Palette {
  const rules = new Map<string, string>();
  const classFor = (declaration: string): string => {
    const known = rules.get(declaration) ?? `x${rules.size}`;
    rules.set(declaration, known);
    return known;
  };
  return {
    classFor,
    classOf(colour, use) {
      const declaration = `${use}:${use === 'color' ? readable(colour) : colour}`;
      return rules.size < MOST_COLOURS || rules.has(declaration) ? classFor(declaration) : undefined;
    },
    css: () => [...rules].map(([rule, name]) => `.${name}{${rule}}`).join(''),
  };
}

const DARKEST = 120; // of 255; on #14171c that is a contrast of 4.5 to 1

/** A colour that is too dark to be read on the dark ground of a log, made lighter. */
function readable(colour: `#${string}`): string {
  const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const [red = 0, green = 0, blue = 0] = parts;
  const lightness = (red * 299 + green * 587 + blue * 114) / 1000;
  if (lightness >= DARKEST) return colour;
  const mix = (DARKEST - lightness) / (255 - lightness);
  const lighter = parts.map((part) => Math.round(part + (255 - part) * mix));
  return `#${lighter.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}
