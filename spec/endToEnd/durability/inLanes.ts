/** As many as work side by side on a host of four cores, where most wait for a disk. */
const LANES = 6;

/** Does `work` on each of `items`, several at a time; what is left of them when one fails is not begun. */
export async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const todo = [...items];
  const lane = async (): Promise<void> => {
    for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
      try {
        await work(next);
      } catch (error) {
        todo.splice(0);
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}
