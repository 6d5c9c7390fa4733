/**
 * A random fraction, from 0 to below 1: V8's generator, which Node seeds from the system's random source when a
 * process starts. For ids, which have to differ and need not be secret; node:crypto would take 2 ms to load.
 */
export const random: () => number = Math.random;
