import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { createGate, type Gate } from './gate';
import { enable, giveTo, type Paths, type Tracking } from './layout';
import { endProcessesWith, removeDirectory } from './removal';
import { type AppFiles, revision } from './repository';
import { expectSuccess, type Result, type Running, start, type User } from './running';

export interface CallOptions {
  /** Added to the host's environment; undefined takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What stdin holds; default nothing. */
  readonly input?: string | Buffer;
  readonly cwd?: string;
  /** Default: the host's user. */
  readonly user?: User | undefined;
}

/** A deploy that the host tracks. Its `pid` is that of the command; the deploy has a process group of its own. */
export interface Deploy extends Running {
  readonly build: string;
  /** The pid that was recorded: the deploy's own bash, which leads its process group. */
  readonly deployPid: number;
}

/** A small Dokku host in a directory. Everything on it runs with the same clean environment, as the same user. */
export class Sandbox {
  readonly env: NodeJS.ProcessEnv;
  readonly #groups = new Map<number, Promise<unknown>>();
  readonly #gates: Gate[] = [];
  #names = 0;

  constructor(
    readonly paths: Paths,
    readonly user: User | undefined,
  ) {
    this.env = {
      PATH: `${paths.bin}:${process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'}`,
      HOME: paths.root,
      LANG: 'C.UTF-8',
      SSH_USER: 'dokku',
      SSH_NAME: 'admin',
      DOKKU_ROOT: paths.dokkuRoot,
      DOKKU_LIB_ROOT: paths.libRoot,
      PLUGIN_PATH: paths.plugins,
      DOKKU_NOT_IMPLEMENTED_EXIT: '10',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Sandbox',
      GIT_AUTHOR_EMAIL: 'sandbox@example.org',
      GIT_COMMITTER_NAME: 'Sandbox',
      GIT_COMMITTER_EMAIL: 'sandbox@example.org',
    };
  }

  /** Any command, to be watched. It leads a process group of its own. */
  start(command: readonly [string, ...string[]], options: CallOptions = {}): Running {
    const env = { ...this.env, ...options.env };
    const { input, cwd = this.paths.root, user = this.user } = options;
    const running = start(command, { env, cwd, input, user });
    this.#remember(running.pid, running.finished);
    return running;
  }

  /** Any command, to its end. */
  run(command: readonly [string, ...string[]], options: CallOptions = {}): Promise<Result> {
    return this.start(command, options).finished;
  }

  /** `dokku ARGS`, to its end. */
  dokku(args: readonly string[], options: CallOptions = {}): Promise<Result> {
    return this.run(['dokku', ...args], options);
  }

  /** `dokku-builds ARGS`, the program on the host itself, to its end. */
  program(args: readonly string[], options: CallOptions = {}): Promise<Result> {
    return this.run(['dokku-builds', ...args], options);
  }

  /** `plugn trigger NAME ARGS`, to its end. */
  trigger(name: string, args: readonly string[], options: CallOptions = {}): Promise<Result> {
    return this.run(['plugn', 'trigger', name, ...args], options);
  }

  /**
   * `enabled/builds/subcommands/NAME builds:NAME ARGS`, with no dispatcher between: signals reach the program itself.
   */
  startSubcommand(name: string, args: readonly string[], options: CallOptions = {}): Running {
    const path = join(this.paths.plugins, 'enabled', 'builds', 'subcommands', name);
    return this.start([path, `builds:${name}`, ...args], options);
  }

  /** `apps:create`, and what its repository holds when files are given; throws when that fails. */
  async createApp(app: string, files?: AppFiles): Promise<void> {
    expectSuccess(await this.dokku(['apps:create', app]));
    if (files !== undefined) await this.commit(app, files);
  }

  /** Makes `files` what the app's repository holds, with no deploy. */
  async commit(app: string, files: AppFiles): Promise<void> {
    await this.#import(join(this.paths.dokkuRoot, app), files, 'main');
  }

  /** A repository of its own whose branch main holds `files`, for `git:sync`; gives its path. */
  async createRepository(files: AppFiles): Promise<string> {
    const path = this.#fresh('repository');
    expectSuccess(await this.run(['git', 'init', '--quiet', '--bare', '--template=', path]));
    await this.#import(path, files, 'main');
    return path;
  }

  /** A real `git push` of `files` to the app. */
  async push(app: string, files: AppFiles, options: CallOptions = {}): Promise<Result> {
    return this.run(await this.#pushing(app, files), options);
  }

  /** A real `git push`, given back when its output holds `until`. */
  async startPush(app: string, files: AppFiles, until: string, options: CallOptions = {}): Promise<Deploy> {
    return this.#tracked(app, this.start(await this.#pushing(app, files), options), until);
  }

  /** A `dokku` command that deploys the app, given back when its output holds `until`. */
  startDeploy(app: string, args: readonly string[], until: string, options: CallOptions = {}): Promise<Deploy> {
    return this.#tracked(app, this.start(['dokku', ...args], options), until);
  }

  /** A process that lives until someone ends it, at the latest when the specs end; it leads its group. */
  process(): Running {
    return this.start(['tail', `--pid=${process.pid}`, '-f', '/dev/null']);
  }

  /** A named pipe that programs can wait at. */
  gate(): Gate {
    const gate = createGate(this.#fresh('gate'));
    this.#gates.push(gate);
    return gate;
  }

  /** A further plugin on the host, enabled: an executable under each name. */
  addPlugin(name: string, programs: AppFiles): void {
    const directory = join(this.paths.plugins, 'available', name);
    this.write(join(directory, 'plugin.toml'), `[plugin]\ndescription = "${name}"\nversion = "1"\n[plugin.config]\n`);
    const link = join(this.paths.plugins, 'enabled', name);
    if (!existsSync(link)) symlinkSync(join('..', 'available', name), link);
    for (const [program, text] of Object.entries(programs)) {
      const path = join(directory, program);
      this.write(path, text);
      chmodSync(path, 0o755);
    }
  }

  /** Points `enabled/builds` elsewhere; 'stock' is what an upgrade of Dokku's package does. */
  enable(tracking: Tracking): void {
    enable(this.paths, tracking);
  }

  /** Writes a file of the host for its user, with the directories above it. */
  write(path: string, content: string | Buffer): void {
    const made = mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    if (this.user !== undefined) giveTo(this.user, made ?? path);
  }

  /** Path of a file in the app's build data. */
  file(app: string, name: string): string {
    return join(this.paths.builds, app, name);
  }

  /** The text of a file in the app's build data. */
  read(app: string, name: string): string {
    return readFileSync(this.file(app, name), 'utf8');
  }

  /** The record as it is on disk. */
  record(app: string, build: string): Readonly<Record<string, unknown>> {
    return JSON.parse(this.read(app, `${build}.json`)) as Readonly<Record<string, unknown>>;
  }

  lockPath(app: string): string {
    return join(this.paths.data, 'apps', app, '.deploy.lock');
  }

  /** What the app's deploy lock holds, newline and all; undefined when there is no lock. */
  lock(app: string): string | undefined {
    return existsSync(this.lockPath(app)) ? readFileSync(this.lockPath(app), 'utf8') : undefined;
  }

  /** Ends what still runs on the host, and deletes it. */
  async remove(): Promise<void> {
    for (const pid of this.#groups.keys()) endGroup(pid);
    endProcessesWith(`DOKKU_LIB_ROOT=${this.paths.libRoot}`); // those that wait behind a deploy, or deliver
    // A deploy that a failed spec never came to know waits at a gate in a group of its own, and holds the output that
    // is awaited.
    for (const gate of this.#gates) gate.open();
    await Promise.allSettled(this.#groups.values());
    for (const gate of this.#gates) gate.close();
    removeDirectory(this.paths.root);
  }

  async #import(repository: string, files: AppFiles, branch: string): Promise<void> {
    const command = ['git', `--git-dir=${repository}`, 'fast-import', '--quiet', '--force'] as const;
    expectSuccess(await this.run(command, { input: revision(files, branch) }));
  }

  async #pushing(app: string, files: AppFiles): Promise<[string, ...string[]]> {
    const repository = await this.createRepository(files);
    return ['git', `--git-dir=${repository}`, 'push', join(this.paths.dokkuRoot, app), '+main'];
  }

  async #tracked(app: string, running: Running, until: string): Promise<Deploy> {
    await running.until(until);
    const build = this.lock(app)?.trim() ?? '';
    const deployPid = Number(this.record(app, build)['pid']);
    this.#remember(deployPid, running.finished);
    return { ...running, build, deployPid };
  }

  #remember(group: number, finished: Promise<unknown>): void {
    if (!isGroupOfTheHost(group)) return;
    this.#groups.set(group, finished);
    const forget = () => this.#groups.delete(group);
    finished.then(forget, forget);
  }

  #fresh(kind: string): string {
    return join(this.paths.tmp, `${kind}-${++this.#names}`);
  }
}

/**
 * What could not be started has the pid 0, and a record may hold anything: -0 is our own group, -1 are all processes
 * there are.
 */
function isGroupOfTheHost(pid: number): boolean {
  return Number.isSafeInteger(pid) && pid > 1;
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}
