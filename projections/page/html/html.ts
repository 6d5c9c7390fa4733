import { toWholeSeconds } from '../../../host/durations';
import { visible } from '../../../host/printable';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** `text` as HTML: it stays text that can be seen, in an element and in a quoted attribute. */
export function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** `text`, of one line or more, as the text of an element: shorter, and not for an attribute. */
export function escapeText(text: string): string {
  return text.replace(/[^\n]+/g, visible).replace(/[&<>]/g, (character) => ENTITIES[character] ?? '');
}

/** `2,345`, whatever the language of the host. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 build`, `2 builds`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** `2026-04-30 13:50:00` in UTC, for an RFC 3339 time with any offset; other text as it is. */
export function timeText(timestamp: string): string {
  return escapeHtml(toWholeSeconds(timestamp).replace(/^(.{10})T(.{8})Z$/, '$1 $2'));
}

/** A time that the script of the page turns to the viewer's zone. */
export function timeHtml(timestamp: string): string {
  return `<time>${timeText(timestamp)}</time>`;
}
