import { isNewEnough } from './neededNode';

/*
 * The first line of the program, on whatever `node` is: hence no module but its own, and no syntax newer than ES2018. What is to be said where that is too
 * old lies in a file that nobody else has to load, and ends the process.
 */
// eslint-disable-next-line @typescript-eslint/no-require-imports
if (!isNewEnough(process.versions.node)) require('./oldNode.js');
