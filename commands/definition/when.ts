import { parseTimestamp } from '../../host/durations';
import { Failure, printable } from '../../host/failure';

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** What a time may look like, for help and messages. */
export const WHEN_EXAMPLES = 'a time such as 2026-04-30T13:50:00Z, or an age such as 2h or 7d';

/**
 * The time that the value of the flag `name` says, in ms since the epoch: RFC 3339, or an age such as `90s`, `5m`, `2h`, `7d`, `1w` before
 * `now`. Throws {@link Failure}.
 */
export function parseWhen(name: string, text: string, now: number): number {
  const age = /^(\d{1,9})([smhdw])$/.exec(text);
  const time = age ? now - Number(age[1]) * UNIT_MS[age[2] as keyof typeof UNIT_MS] : parseTimestamp(text);
  if (time !== undefined) return time;
  throw new Failure(`Invalid ${name} value "${printable(text)}": must be ${WHEN_EXAMPLES}`);
}
