import type { System } from '../../../host/system/system';

let drawn = 1;

/**
 * Another number each time, of all machines together, because event ids of the same ms differ by them; the same ones
 * in each run.
 */
function random(): number {
  drawn = (drawn * 48_271) % 0x7fff_ffff; // Lehmer's generator
  return drawn / 0x7fff_ffff;
}

/**
 * A machine whose clock stands still, on which only the processes with these pids run, each alone in its process
 * group.
 */
export function machine(now: number, ...running: readonly number[]): System {
  const isAlive: System['isAlive'] = ({ pid }) => running.includes(pid);
  return { now: () => now, random, pause: () => undefined, isAlive, isGroupAlive: isAlive };
}
