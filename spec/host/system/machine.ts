import type { System } from '../../../host/system/system';

/** A machine whose clock stands still, on which only the processes with these pids run, each alone in its process group. */
export function machine(now: number, ...running: readonly number[]): System {
  const isAlive: System['isAlive'] = ({ pid }) => running.includes(pid);
  return { now: () => now, random: () => 0.5, pause: () => undefined, isAlive, isGroupAlive: isAlive };
}
