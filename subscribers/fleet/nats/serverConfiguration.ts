import { answersOn, ASK, JOURNALS, SERVERS, STATES } from './natsMessages';

/**
 * Who may connect, as `fleet:join` prints it: `host/<id>/<public key>`, `reader/<id>/<public key>`,
 * `administrator/<id>/<public key>`.
 */
export interface Member {
  readonly role: 'host' | 'reader' | 'administrator';
  /** A ULID. */
  readonly id: string;
  /** Public NKey of a user. */
  readonly key: string;
}

/** A server that is to be configured. */
export interface ServerPlan {
  readonly members: readonly Member[];
  readonly name: string;
  readonly listen: string;
  /** Where the streams are kept. */
  readonly store: string;
  /** Files in PEM; undefined: no TLS, which only a loopback address may do without. */
  readonly tls?: { readonly certificate: string; readonly key: string } | undefined;
  readonly cluster?: ClusterPlan | undefined;
}

/** The cluster of a server. */
export interface ClusterPlan {
  readonly name: string;
  /** Where the server listens for the others. */
  readonly listen: string;
  /** Where the others listen. */
  readonly routes: readonly string[];
  /**
   * PEM of an authority that has signed only the certificates of these servers: a program with a certificate of this
   * authority is admitted as a server of the cluster. Undefined: no TLS between the servers, which is allowed only on
   * a loopback address.
   */
  readonly authority?: string | undefined;
}

/** `text` as a member; undefined when it is none. */
export function parseMember(text: string): Member | undefined {
  const parts = /^(host|reader|administrator)\/([0-7][0-9A-HJKMNP-TV-Z]{25})\/(U[A-Z2-7]{55})$/.exec(text);
  const [, role, id, key] = parts ?? [];
  return role === undefined || id === undefined || key === undefined
    ? undefined
    : { role: role as Member['role'], id, key };
}

/** The text that {@link parseMember} reads. */
export function memberText({ role, id, key }: Member): string {
  return `${role}/${id}/${key}`;
}

/** The prefix of the subjects that answers to a member are sent to. */
export function inboxOf(id: string): string {
  return `_INBOX_DKB.${id}`;
}

/**
 * The configuration of a server, for `nats-server -c`. The server syncs before it acknowledges. A host may publish on
 * its own subjects, read its own last pieces and answer questions; a reader may read; only the administrator may
 * change streams.
 */
export function serverConfiguration(plan: ServerPlan): string {
  const { name, listen, store, tls, cluster, members } = plan;
  return [
    `server_name: ${JSON.stringify(name)}`,
    `listen: ${JSON.stringify(listen)}`,
    `jetstream { store_dir: ${JSON.stringify(store)}, sync_interval: always }`,
    ...(tls === undefined ? [] : [`tls { ${certificateOf(tls)} }`]),
    ...(cluster === undefined ? [] : clusterLines(cluster, tls)),
    'system_account: SYS',
    'accounts {',
    '  # What each server says of itself: only so can a client see whether it syncs before it acknowledges.',
    '  SYS { exports: [{ service: "$SYS.REQ.SERVER.PING.JSZ", response: stream }] }',
    '  DKB {',
    '    jetstream: enabled',
    `    imports: [{ service: { account: SYS, subject: "$SYS.REQ.SERVER.PING.JSZ" }, to: ${JSON.stringify(SERVERS)} }]`,
    '    users: [',
    ...members.map((member) => `      ${userOf(member)}`),
    '    ]',
    '  }',
    '}',
    '',
  ].join('\n');
}

function certificateOf({ certificate, key }: NonNullable<ServerPlan['tls']>): string {
  return `cert_file: ${JSON.stringify(certificate)}, key_file: ${JSON.stringify(key)}`;
}

function clusterLines({ name, listen, routes, authority }: ClusterPlan, tls: ServerPlan['tls']): string[] {
  return [
    'cluster {',
    `  name: ${JSON.stringify(name)}, listen: ${JSON.stringify(listen)}`,
    `  routes: [${routes.map((route) => JSON.stringify(route)).join(', ')}]`,
    ...(tls === undefined || authority === undefined
      ? []
      : [`  tls { ${certificateOf(tls)}, ca_file: ${JSON.stringify(authority)}, verify: true }`]),
    '}',
  ];
}

function userOf(member: Member): string {
  const { role, id, key } = member;
  const { publish, subscribe } = rightsOf(member);
  const list = (subjects: readonly string[]): string => `[${subjects.map((one) => JSON.stringify(one)).join(', ')}]`;
  return `{ nkey: ${key}, permissions: { publish: ${list(publish)}, subscribe: ${list(subscribe)} } } # ${role} ${id}`;
}

function rightsOf({ role, id }: Member): { publish: string[]; subscribe: string[] } {
  const inbox = `${inboxOf(id)}.>`;
  const info = `$JS.API.STREAM.INFO.${JOURNALS}`;
  const [directJournals, directStates] = [JOURNALS, STATES].map((stream) => `$JS.API.DIRECT.GET.${stream}`);
  switch (role) {
    case 'host':
      return {
        publish: [
          `dkb.${id}.j.*`,
          `dkb.${id}.now.*`,
          answersOn(id, '*'),
          `${directJournals}.dkb.${id}.j.*`,
          `${directStates}.dkb.${id}.now.*`,
          SERVERS,
        ],
        subscribe: [inbox, ASK],
      };
    case 'reader':
      return {
        publish: [`${directJournals}`, `${directStates}`, info, ASK, SERVERS],
        subscribe: [inbox, 'dkb.*.j.*', 'dkb.*.now.*', answersOn('*', '*')],
      };
    case 'administrator':
      return {
        publish: ['$JS.API.>', SERVERS],
        subscribe: [inbox],
      };
  }
}
