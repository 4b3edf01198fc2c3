-- The trace that a run belongs to, so that its attempts go on with that of the request for it.
ALTER TABLE "training_runs" ADD COLUMN "trace_parent" TEXT;
