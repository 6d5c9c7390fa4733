import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/**
 * Every folder of the program. Imports point one way: commands, triggers → subscribers → projections → journal; all →
 * host.
 */
const folderNames = ['journal', 'projections', 'subscribers', 'commands', 'triggers', 'host', 'spec', 'scripts'];

/** The rule that lets the files of `folder` import from the folders in `allowed` and from no other folder. */
function importsOnly(folder, allowed) {
  const refused = folderNames.filter((other) => other !== folder && !allowed.includes(other));
  const mayImport = [folder, ...allowed].map((name) => `${name}/`).join(', ');
  const message = `${folder}/ imports from ${mayImport} only (see docs/architecture.md).`;
  return {
    files: [`${folder}/**/*.ts`],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: `^(\\./)?(\\.\\./)+(${refused.map((name) => name.replace('.', '\\.')).join('|')})(/|$)`,
              message,
            },
            {
              regex: '^/|^file:',
              message: 'Import by a relative path, or a package by its name.',
            },
          ],
        },
      ],
      // A lazy `import()` or `import type('…')` goes the same way.
      'no-restricted-syntax': [
        'error',
        ...['ImportExpression', 'TSImportType'].map((node) => ({
          selector: `${node} Literal[value=/^(\\.\\u002F)?(\\.\\.\\u002F)+(${refused.join('|').replace('.', '\\.')})(\\u002F|$)/]`,
          message,
        })),
      ],
    },
  };
}

export default defineConfig(
  globalIgnores(['dist/', 'node_modules/', 'coverage/', 'sandbox/']),
  js.configs.recommended,
  // Prettier wraps code, but no comments.
  { rules: { 'max-len': ['error', { code: 1000, comments: 119, ignoreUrls: true }] } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: false, requireDefaultForNonUnion: true },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      // Shapes are unions of `type` literals: `type` reads the same everywhere.
      '@typescript-eslint/consistent-type-definitions': 'off',
      // Numbers and booleans print well; objects do not, and those stay refused.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // tsconfig's noPropertyAccessFromIndexSignature asks for the brackets.
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      eqeqeq: 'error',
      'no-shadow': 'off',
      '@typescript-eslint/no-shadow': 'error',
      // An environment variable that is set but empty says nothing: `||` is meant there.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
    },
  },
  {
    files: ['journal/**/*.ts', 'projections/**/*.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-globals': [
        'error',
        { name: 'process', message: 'Environment, paths and identity come in as arguments.' },
        { name: 'performance', message: 'Time comes in as an argument.' },
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: ['node:process', 'process', 'node:os', 'os', 'node:child_process', 'child_process'].map((name) => ({
            name,
            message: 'What the host is comes in as an argument.',
          })),
        },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Time comes in as an argument.' },
        { object: 'Math', property: 'random', message: 'Identity comes in as an argument.' },
      ],
    },
  },
  importsOnly('host', []),
  importsOnly('journal', ['host']),
  importsOnly('projections', ['journal', 'host']),
  importsOnly('subscribers', ['projections', 'journal', 'host']),
  importsOnly('commands', ['triggers', 'subscribers', 'projections', 'journal', 'host']),
  importsOnly('triggers', ['subscribers', 'projections', 'journal', 'host']),
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: Object.fromEntries(['process', 'console', 'URL', 'setTimeout', '__dirname'].map((one) => [one, false])),
    },
  },
);
