import { randomUUID } from 'node:crypto';
import { Module, type DynamicModule } from '@nestjs/common';
import { ApiKeysController } from './admin/api-keys.controller.js';
import { AuditController } from './admin/audit.controller.js';
import { ChangeFeed } from './admin/change-feed.js';
import { ChangesController } from './admin/changes.controller.js';
import { DeploymentsController } from './admin/deployments.controller.js';
import { ModelVersionsController } from './admin/model-versions.controller.js';
import { PoliciesController } from './admin/policies.controller.js';
import { ReleasesController } from './admin/releases.controller.js';
import { ReplicasController } from './admin/replicas.controller.js';
import { WebhooksController } from './admin/webhooks.controller.js';
import { Completer } from './completions/completer.js';
import { CompletionMetrics } from './completions/completion-metrics.js';
import { CompletionsController } from './completions/completions.controller.js';
import { REPLICA_ID } from './generator-tokens.js';
import { HealthController } from './health/health.controller.js';
import { DecoderMetrics } from './models/decoder-metrics.js';
import { DeploymentFollower } from './models/deployment-follower.js';
import { FollowMetrics } from './models/follow-metrics.js';
import { ListModels } from './models/list-models.js';
import { ModelCards } from './models/model-card.js';
import { FAULTS, type Faults } from './models/faults.js';
import { ModelHost } from './models/model-host.js';
import { ModelsController } from './models/models.controller.js';
import { ReplicaReporter } from './models/replica-reporter.js';
import { CompletionIds } from './observations/completion-ids.js';
import { FeedbackController } from './observations/feedback.controller.js';
import { GiveFeedback } from './observations/give-feedback.js';
import { ObservationRecorder } from './observations/observation-recorder.js';
import { PairedScorer } from './observations/paired-scorer.js';
import { ReleaseProber } from './observations/release-prober.js';
import { RequestObserver } from './observations/request-observer.js';
import { PolicySimulator } from './policy-simulation/policy-simulator.js';
import { HardGates } from './releases/hard-gates.js';
import { JudgeMetrics } from './releases/judge-metrics.js';
import { ReleaseArms } from './releases/release-arms.js';
import { ReleaseJudge } from './releases/release-judge.js';
import { MeController } from './server/me.controller.js';
import { OverviewController } from './overview/overview.controller.js';
import { ReadOverview } from './overview/read-overview.js';
import { ServerController } from './server/server.controller.js';
import { StorageModule, type Storage } from './storage.module.js';
import { TokenizerController } from './tokens/tokenizer.controller.js';
import { CompletionRecorder } from './traffic/completion-recorder.js';
import { CompletionsLookupController } from './traffic/completions-lookup.controller.js';
import { EndedRequests } from './traffic/ended-requests.js';
import { FindCompletion } from './traffic/find-completion.js';
import { TrafficRecorder } from './traffic/traffic-recorder.js';
import { WebhookDispatcher } from './webhooks/webhook-dispatcher.js';

/** The generator: completions, models, health and administration. */
@Module({})
export class GeneratorModule {
  /** @param faults what a test does to versions */
  static forRoot(storage: Storage, faults: Faults | null): DynamicModule {
    return {
      module: GeneratorModule,
      imports: [StorageModule.forRoot(storage)],
      controllers: [
        CompletionsController,
        FeedbackController,
        ModelsController,
        HealthController,
        TokenizerController,
        ServerController,
        MeController,
        ChangesController,
        OverviewController,
        CompletionsLookupController,
        DeploymentsController,
        ModelVersionsController,
        ReplicasController,
        ReleasesController,
        PoliciesController,
        AuditController,
        ApiKeysController,
        WebhooksController,
      ],
      providers: [
        { provide: REPLICA_ID, useFactory: () => randomUUID() },
        { provide: FAULTS, useValue: faults },
        ModelHost,
        ReleaseArms,
        DeploymentFollower,
        ReplicaReporter,
        ListModels,
        ModelCards,
        CompletionMetrics,
        DecoderMetrics,
        FollowMetrics,
        Completer,
        HardGates,
        JudgeMetrics,
        ReleaseJudge,
        PolicySimulator,
        WebhookDispatcher,
        ObservationRecorder,
        PairedScorer,
        ReleaseProber,
        RequestObserver,
        CompletionIds,
        GiveFeedback,
        ChangeFeed,
        ReadOverview,
        TrafficRecorder,
        CompletionRecorder,
        EndedRequests,
        FindCompletion,
      ],
    };
  }
}
