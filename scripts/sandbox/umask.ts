/*
 * What is made by specs, and by the programs that they start, has the modes of a usual system: with the 077 of a
 * hardened one other users of a host could not reach what they are about. Loaded before each spec file.
 */
process.umask(0o022);
