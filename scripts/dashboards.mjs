// The Grafana dashboards, as data: rows of panels, each with its queries. scripts/write-documents.mjs makes
// deploy/grafana/dashboards/*.json from them.

const COLUMNS = 24;
const HEIGHT = 8;
const SMALL_HEIGHT = 4;

/** Quantiles of a histogram over all series that are left after summing by `le` and these labels. */
const quantile = (share, metric, by = '') =>
  `histogram_quantile(${share}, sum by (le${by && `, ${by}`}) (rate(${metric}_bucket{$select}[$__rate_interval])))`;

/** A graph over time. `queries` are pairs of an expression and what its series are called. */
const graph = (title, unit, ...queries) => ({ type: 'timeseries', title, unit, queries, height: HEIGHT });
/** The newest value, large. */
const stat = (title, unit, ...queries) => ({ type: 'stat', title, unit, queries, height: SMALL_HEIGHT });
/** The newest values of several series, one per line. */
const table = (title, ...queries) => ({ type: 'table', title, unit: 'none', queries, height: HEIGHT });

const HTTP = 'understudy_http_request_duration_seconds_count{$select';

const SERVING = {
  uid: 'understudy-serving',
  title: 'Understudy: serving',
  job: 'understudy-generator',
  rows: [
    [
      stat('Ready replicas', 'none', ['sum(understudy_ready{$select})', '']),
      stat('Tokens per second', 'none', [
        'sum(rate(understudy_tokens_total{$select, kind="completion"}[$__rate_interval]))',
        '',
      ]),
      stat('Completions per second', 'reqps', [
        'sum(rate(understudy_completion_requests_total{$select}[$__rate_interval]))',
        '',
      ]),
      stat('First token, p95', 's', [quantile(0.95, 'understudy_time_to_first_token_seconds'), '']),
      stat('Failed requests', 'percentunit', [
        `sum(rate(${HTTP}, status=~"500|502|504"}[$__rate_interval])) / sum(rate(${HTTP}}[$__rate_interval]))`,
        '',
      ]),
      stat('Waiting sequences', 'none', ['sum(understudy_choices_waiting{$select})', '']),
    ],
    [
      graph('Completions per second, by outcome', 'reqps', [
        'sum by (outcome) (rate(understudy_completion_requests_total{$select}[$__rate_interval]))',
        '{{outcome}}',
      ]),
      graph('Tokens per second, by version and kind', 'none', [
        'sum by (version, kind) (rate(understudy_tokens_total{$select}[$__rate_interval]))',
        '{{version}} {{kind}}',
      ]),
      graph('Answers per second, by status', 'reqps', [
        `sum by (status) (rate(${HTTP}}[$__rate_interval]))`,
        '{{status}}',
      ]),
    ],
    [
      graph(
        'Time to the first token',
        's',
        [quantile(0.5, 'understudy_time_to_first_token_seconds'), 'p50'],
        [quantile(0.95, 'understudy_time_to_first_token_seconds'), 'p95'],
        [quantile(0.99, 'understudy_time_to_first_token_seconds'), 'p99'],
      ),
      graph(
        'Time between tokens',
        's',
        [quantile(0.5, 'understudy_inter_token_seconds'), 'p50'],
        [quantile(0.99, 'understudy_inter_token_seconds'), 'p99'],
      ),
      graph(
        'Whole completions, and their wait',
        's',
        [quantile(0.5, 'understudy_completion_seconds'), 'p50'],
        [quantile(0.99, 'understudy_completion_seconds'), 'p99'],
        [quantile(0.99, 'understudy_queue_seconds'), 'wait p99'],
      ),
    ],
    [
      graph(
        'Sequences',
        'none',
        ['sum(understudy_live_rows{$select})', 'decoded'],
        ['sum(understudy_choices_admitted{$select})', 'admitted'],
        ['sum(understudy_choices_waiting{$select})', 'waiting'],
      ),
      graph('Tokens that wait', 'none', ['sum by (instance) (understudy_tokens_waiting{$select})', '{{instance}}']),
      graph('Rows per step, mean', 'none', [
        'sum by (version) (rate(understudy_batch_occupancy_rows_sum{$select}[$__rate_interval])) / sum by (version) (rate(understudy_batch_occupancy_rows_count{$select}[$__rate_interval]))',
        '{{version}}',
      ]),
    ],
    [
      graph('Event loop, p99', 's', ['nodejs_eventloop_lag_p99_seconds{$select}', '{{instance}}']),
      graph('Memory', 'bytes', ['process_resident_memory_bytes{$select}', '{{instance}}']),
      graph('Processor', 'none', ['rate(process_cpu_seconds_total{$select}[$__rate_interval])', '{{instance}}']),
      graph('Database connections', 'none', ['sum by (state) (understudy_database_connections{$select})', '{{state}}']),
    ],
    [
      table('Which version each replica serves', ['understudy_serving_info{$select}', '{{instance}} {{version}}']),
      graph('Free disk', 'percentunit', [
        'understudy_disk_free_bytes{$select} / understudy_disk_size_bytes{$select}',
        '{{instance}} {{folder}}',
      ]),
      graph('Garbage collection, share of time', 'percentunit', [
        'sum by (instance) (rate(nodejs_gc_duration_seconds_sum{$select}[$__rate_interval]))',
        '{{instance}} garbage',
      ]),
      graph('Completions that are not noted, per second', 'none', [
        'sum(rate(understudy_completion_records_left_out_total{$select}[$__rate_interval]))',
        'over the limit',
      ]),
    ],
  ],
};

const TRAINING = {
  uid: 'understudy-training',
  title: 'Understudy: training',
  job: 'understudy-trainer',
  rows: [
    [
      stat('Done', 'percentunit', ['max(understudy_training_fraction{$select})', '']),
      stat('Still needs', 's', ['max(understudy_training_seconds_left{$select})', '']),
      stat('Tokens per second', 'none', ['sum(understudy_training_tokens_per_second{$select})', '']),
      stat('Jobs that wait', 'none', ['max(understudy_training_queue_jobs{$select, state="waiting"})', '']),
      stat('Validation perplexity', 'none', ['min(understudy_training_validation_perplexity{$select})', '']),
      stat('Gap, points', 'none', ['max(understudy_training_gap_points{$select})', '']),
    ],
    [
      graph(
        'Loss, nats per token',
        'none',
        ['understudy_training_loss_nats{$select}', '{{preset}} training'],
        ['understudy_training_validation_loss_nats{$select}', '{{preset}} validation'],
      ),
      graph(
        'Next word right',
        'percentunit',
        ['understudy_training_top1{$select}', '{{preset}} training'],
        ['understudy_training_validation_top1{$select}', '{{preset}} validation'],
      ),
      graph(
        'Perplexity',
        'none',
        ['understudy_training_perplexity{$select}', '{{preset}} training'],
        ['understudy_training_validation_perplexity{$select}', '{{preset}} validation'],
      ),
    ],
    [
      graph('Gradient norm', 'none', ['understudy_training_gradient_norm{$select}', '{{preset}}']),
      graph('Learning rate', 'none', ['understudy_training_learning_rate{$select}', '{{preset}}']),
      graph('Size of an update, relative to the weights', 'none', [
        'understudy_training_update_ratio{$select}',
        '{{preset}}',
      ]),
      graph('A step, by part', 's', ['understudy_training_step_seconds{$select}', '{{preset}} {{part}}']),
    ],
    [
      graph(
        'Position',
        'none',
        ['understudy_training_step{$select}', '{{preset}} step'],
        ['understudy_training_epoch{$select}', '{{preset}} epoch'],
      ),
      graph('Tokens learned from', 'none', ['understudy_training_trained_tokens{$select}', '{{preset}}']),
      graph('Queue', 'none', ['sum by (state) (understudy_training_queue_jobs{$select})', '{{state}}']),
      graph('Wait of a job, p90', 's', [
        'histogram_quantile(0.9, sum by (le) (increase(understudy_training_queue_wait_seconds_bucket{$select}[1d])))',
        'over a day',
      ]),
    ],
    [
      graph('Attempts that ended, in an hour', 'none', [
        'sum by (end) (increase(understudy_training_attempts_total{$select}[1h]))',
        '{{end}}',
      ]),
      graph('Free disk', 'percentunit', [
        'understudy_disk_free_bytes{$select} / understudy_disk_size_bytes{$select}',
        '{{instance}} {{folder}}',
      ]),
      graph('Memory of the trainer itself', 'bytes', ['process_resident_memory_bytes{$select}', '{{instance}}']),
    ],
  ],
};

const RELEASES = {
  uid: 'understudy-releases',
  title: 'Understudy: releases',
  job: 'understudy-generator',
  rows: [
    [
      graph('Completions per second, by arm', 'reqps', [
        'sum by (arm) (rate(understudy_completion_requests_total{$select}[$__rate_interval]))',
        '{{arm}}',
      ]),
      graph('Failed completions, by arm', 'percentunit', [
        'sum by (arm) (rate(understudy_completion_requests_total{$select, outcome="failed"}[$__rate_interval])) / sum by (arm) (rate(understudy_completion_requests_total{$select}[$__rate_interval]))',
        '{{arm}}',
      ]),
      graph('Whole completions by arm, p95', 's', [quantile(0.95, 'understudy_completion_seconds', 'arm'), '{{arm}}']),
    ],
    [
      graph('Evidence towards a decision: at 1 it is made', 'none', [
        'max by (metric, decision) (understudy_release_evidence_ratio{$select})',
        '{{metric}} {{decision}}',
      ]),
      graph(
        'Stage, and 1 held, 2 waits for a person',
        'none',
        ['max(understudy_release_stage{$select})', 'stage'],
        ['max(understudy_release_held{$select})', 'held'],
      ),
      graph('Share of the candidate', 'percentunit', ['max(understudy_release_share{$select})', 'share']),
    ],
    [
      graph('Decisions', 'none', [
        'sum by (action) (increase(understudy_release_decisions_total{$select}[$__rate_interval]))',
        '{{action}}',
      ]),
      graph('Age of what is judged', 's', ['max(understudy_judge_lag_seconds{$select})', 'lag']),
      table('Which replica judges', ['understudy_judge_active{$select}', '{{instance}}']),
    ],
    [
      graph('Observations per second, by metric', 'none', [
        'sum by (metric, arm) (rate(understudy_observations_total{$select}[$__rate_interval]))',
        '{{metric}} {{arm}}',
      ]),
      graph(
        'Observations lost, and left out over the limit',
        'none',
        ['sum(increase(understudy_observations_dropped_total{$select}[$__rate_interval]))', 'lost'],
        ['sum(increase(understudy_observations_left_out_total{$select}[$__rate_interval]))', 'left out'],
      ),
      graph('Time spent on scoring, share of one core', 'percentunit', [
        'sum by (instance) (rate(understudy_scoring_seconds_total{$select}[$__rate_interval]))',
        '{{instance}}',
      ]),
    ],
    [
      graph('Texts that were not scored', 'none', [
        'sum by (why) (increase(understudy_scoring_left_out_total{$select}[$__rate_interval]))',
        '{{why}}',
      ]),
      graph('Webhook attempts', 'none', [
        'sum by (outcome) (increase(understudy_webhook_attempts_total{$select}[$__rate_interval]))',
        '{{outcome}}',
      ]),
      table('Which version each replica serves', ['understudy_serving_info{$select}', '{{instance}} {{version}}']),
    ],
    [
      graph(
        'From a decision until a replica follows it',
        's',
        [quantile(0.5, 'understudy_follow_seconds'), 'p50'],
        [quantile(0.99, 'understudy_follow_seconds'), 'p99'],
      ),
      table('Which decision each replica follows', ['understudy_serving_revision{$select}', '{{instance}}']),
    ],
  ],
};

const DATASOURCE = { type: 'prometheus', uid: 'prometheus' };

/** The dashboards by file name, in Grafana's own format. */
export function dashboards() {
  return Object.fromEntries(
    [SERVING, TRAINING, RELEASES].map((dashboard) => [`${dashboard.uid}.json`, render(dashboard)]),
  );
}

function render({ uid, title, job, rows }) {
  const panels = [];
  let y = 0;
  for (const row of rows) {
    const width = Math.floor(COLUMNS / row.length);
    row.forEach((panel, at) => panels.push(renderPanel(panel, panels.length + 1, { x: at * width, y, w: width }, job)));
    y += Math.max(...row.map(({ height }) => height));
  }
  return {
    uid,
    title,
    tags: ['understudy'],
    schemaVersion: 39,
    editable: false,
    refresh: '15s',
    time: { from: 'now-1h', to: 'now' },
    timezone: 'browser',
    templating: { list: [instanceVariable(job)] },
    annotations: { list: [] },
    panels,
  };
}

function renderPanel({ type, title, unit, queries, height }, id, place, job) {
  const select = `job="${job}", instance=~"$instance"`;
  return {
    id,
    type,
    title,
    datasource: DATASOURCE,
    gridPos: { ...place, h: height },
    fieldConfig: { defaults: { unit }, overrides: [] },
    options: type === 'timeseries' ? { legend: { displayMode: 'list', placement: 'bottom' } } : {},
    targets: queries.map(([expr, legendFormat], at) => ({
      refId: String.fromCharCode(65 + at),
      datasource: DATASOURCE,
      expr: expr.replaceAll('$select', select),
      legendFormat,
      instant: type === 'table',
      ...(type === 'table' && { format: 'table' }),
    })),
  };
}

function instanceVariable(job) {
  const query = `label_values(up{job="${job}"}, instance)`;
  return {
    name: 'instance',
    label: 'Instance',
    type: 'query',
    datasource: DATASOURCE,
    query: { query, refId: 'instance' },
    definition: query,
    refresh: 2,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
  };
}
