import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { LoggerModule } from 'nestjs-pino';
import { ApiErrorFilter } from './api-error-filter.js';
import { ApiKeyGuard } from './api-key-guard.js';
import { loggerParams } from './logger-params.js';
import { MetricsController } from './metrics.controller.js';
import { OBSERVABILITY_OPTIONS, type ObservabilityOptions } from './observability-options.js';
import { ServiceMetrics } from './service-metrics.js';
import { ServiceState } from './service-state.js';
import { TRACING, type Tracing } from './tracing/tracing.js';
import { StrictValidationPipe } from './validation-pipe.js';

/** The root of a service: logs, metrics, error answers, API keys and validation around the module that it is about. */
@Module({})
export class ObservabilityModule {
  static forRoot(options: ObservabilityOptions, service: Type | DynamicModule, tracing: Tracing | null): DynamicModule {
    return {
      module: ObservabilityModule,
      global: true,
      imports: [LoggerModule.forRoot(loggerParams(options.logging)), service],
      controllers: [MetricsController],
      providers: [
        { provide: OBSERVABILITY_OPTIONS, useValue: options },
        { provide: TRACING, useValue: tracing },
        ServiceMetrics,
        ServiceState,
        { provide: APP_FILTER, useClass: ApiErrorFilter },
        { provide: APP_GUARD, useClass: ApiKeyGuard },
        { provide: APP_PIPE, useClass: StrictValidationPipe },
      ],
      exports: [ServiceMetrics, ServiceState, TRACING],
    };
  }
}
