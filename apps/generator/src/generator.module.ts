import { Module, type DynamicModule } from '@nestjs/common';
import { ApiKeysController } from './admin/api-keys.controller.js';
import { AuditController } from './admin/audit.controller.js';
import { DeploymentsController } from './admin/deployments.controller.js';
import { ModelVersionsController } from './admin/model-versions.controller.js';
import { ReplicasController } from './admin/replicas.controller.js';
import { WebhooksController } from './admin/webhooks.controller.js';
import { Completer } from './completions/completer.js';
import { CompletionMetrics } from './completions/completion-metrics.js';
import { CompletionsController } from './completions/completions.controller.js';
import { HealthController } from './health/health.controller.js';
import { DecoderMetrics } from './models/decoder-metrics.js';
import { DeploymentFollower } from './models/deployment-follower.js';
import { ListModels } from './models/list-models.js';
import { ModelCards } from './models/model-card.js';
import { ModelHost } from './models/model-host.js';
import { ModelsController } from './models/models.controller.js';
import { ReplicaReporter } from './models/replica-reporter.js';
import { ServerController } from './server/server.controller.js';
import { StorageModule, type Storage } from './storage.module.js';
import { TokenizerController } from './tokens/tokenizer.controller.js';
import { WebhookDispatcher } from './webhooks/webhook-dispatcher.js';

/** The generator: completions, models, health and administration. */
@Module({})
export class GeneratorModule {
  static forRoot(storage: Storage): DynamicModule {
    return {
      module: GeneratorModule,
      imports: [StorageModule.forRoot(storage)],
      controllers: [
        CompletionsController,
        ModelsController,
        HealthController,
        TokenizerController,
        ServerController,
        DeploymentsController,
        ModelVersionsController,
        ReplicasController,
        AuditController,
        ApiKeysController,
        WebhooksController,
      ],
      providers: [
        ModelHost,
        DeploymentFollower,
        ReplicaReporter,
        ListModels,
        ModelCards,
        CompletionMetrics,
        DecoderMetrics,
        Completer,
        WebhookDispatcher,
      ],
    };
  }
}
