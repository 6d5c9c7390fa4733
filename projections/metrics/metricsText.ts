import type { AppName } from '../../host/dokku/names';
import { type AppMetrics, BUCKETS, endings, type OpenBuild } from './appMetrics';

/**
 * `openmetrics` is OpenMetrics 1.0, `prometheus` the older text format 0.0.4, which the node exporter's textfile
 * collector reads.
 */
export type Dialect = 'openmetrics' | 'prometheus';

/** The metrics of one app, and which of its open builds run. */
export interface ShownApp {
  readonly app: AppName;
  readonly metrics: AppMetrics;
  readonly running: readonly OpenBuild[];
}

type Labels = Readonly<Record<string, string>>;

interface Sample {
  /** Added to the name of the family. */
  readonly suffix: string;
  readonly labels: Labels;
  readonly value: number;
}

interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly unit?: 'seconds';
  readonly samples: readonly Sample[];
}

/** The metrics of `apps` as text, in the same order each time. */
export function metricsText(apps: readonly ShownApp[], dialect: Dialect): string {
  const lines = families(apps).flatMap((family) => [
    ...metadata(family, dialect),
    ...family.samples.map((sample) => line(family, sample)),
  ]);
  return `${[...lines, ...(dialect === 'openmetrics' ? ['# EOF'] : [])].join('\n')}\n`;
}

function families(apps: readonly ShownApp[]): Family[] {
  const bySource = apps.flatMap(({ app, metrics }) =>
    [...metrics.sources].map(([source, of]) => ({ labels: { app, source, kind: of.kind }, of })),
  );
  return [
    {
      name: 'dokku_builds',
      type: 'counter',
      help: 'Builds and deploys that ended, by how the end was first recorded.',
      samples: bySource.flatMap(({ labels, of }) =>
        endings.map((status) => ({ suffix: '_total', labels: { ...labels, status }, value: of.ended[status] })),
      ),
    },
    {
      name: 'dokku_build_corrections',
      type: 'counter',
      help: 'Ends that were concluded without a report and then reported otherwise, by the status that was reported.',
      samples: apps.flatMap(({ app, metrics: { corrections } }) =>
        (['succeeded', 'failed'] as const).map((status) => ({
          suffix: '_total',
          labels: { app, status },
          value: corrections[status],
        })),
      ),
    },
    {
      name: 'dokku_build_duration_seconds',
      type: 'histogram',
      unit: 'seconds',
      help: 'How long builds and deploys took that succeeded or failed.',
      samples: bySource.flatMap(({ labels, of: { buckets, seconds } }) => {
        let count = 0;
        const counted = buckets.map((more, at) => {
          count += more;
          return { suffix: '_bucket', labels: { ...labels, le: boundText(BUCKETS[at]) }, value: count };
        });
        return [...counted, { suffix: '_sum', labels, value: seconds }, { suffix: '_count', labels, value: count }];
      }),
    },
    {
      name: 'dokku_build_last_success_timestamp_seconds',
      type: 'gauge',
      unit: 'seconds',
      help: 'When a build or deploy of the app last succeeded, in seconds since the epoch.',
      samples: apps.flatMap(({ app, metrics: { lastSuccess } }) =>
        lastSuccess === undefined ? [] : [{ suffix: '', labels: { app }, value: lastSuccess / 1000 }],
      ),
    },
    {
      name: 'dokku_builds_running',
      type: 'gauge',
      help: 'Builds and deploys that run now.',
      samples: apps.map(({ app, running }) => ({ suffix: '', labels: { app }, value: running.length })),
    },
  ];
}

/** OpenMetrics wants canonical floats here: `5.0`. */
function boundText(bound: number | undefined): string {
  return bound === undefined ? '+Inf' : bound.toFixed(1);
}

/** In the older format the suffix of a counter is a part of its name. */
function metadata({ name, type, help, unit }: Family, dialect: Dialect): string[] {
  const family = dialect === 'prometheus' && type === 'counter' ? `${name}_total` : name;
  return [
    `# TYPE ${family} ${type}`,
    ...(unit && dialect === 'openmetrics' ? [`# UNIT ${family} ${unit}`] : []),
    `# HELP ${family} ${help}`,
  ];
}

function line({ name }: Family, { suffix, labels, value }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escape(text)}"`);
  return `${name}${suffix}{${pairs.join(',')}} ${value}`;
}

function escape(text: string): string {
  return text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`);
}
