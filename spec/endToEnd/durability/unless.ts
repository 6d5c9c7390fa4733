import test, { type Implementation } from 'ava';

/**
 * A serial test, or one that is reported as skipped, with the reason in its title, when there is a `reason` why it
 * cannot run here.
 */
export function unless(reason: string | undefined): (title: string, run: Implementation<[]>) => void {
  return (title, run) => {
    if (reason === undefined) test.serial(title, run);
    else test.serial.skip(`${title} (${reason})`, run);
  };
}
