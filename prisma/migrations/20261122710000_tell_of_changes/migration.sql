-- Whoever follows the channel "understudy_changes" is told what kind of row changed, and which: "run:ftjob-...". The same
-- notification several times in one transaction is sent once.

CREATE FUNCTION "tell_of_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('understudy_changes', TG_ARGV[0] || ':' || (COALESCE(to_jsonb(NEW), to_jsonb(OLD)) ->> TG_ARGV[1]));
  RETURN NULL;
END
$$;

CREATE TRIGGER "tell_of_run" AFTER INSERT OR UPDATE ON "training_runs"
  FOR EACH ROW EXECUTE FUNCTION "tell_of_change"('run', 'id');

CREATE TRIGGER "tell_of_experiment" AFTER INSERT OR UPDATE ON "upgrade_experiments"
  FOR EACH ROW EXECUTE FUNCTION "tell_of_change"('experiment', 'id');

CREATE TRIGGER "tell_of_corpus" AFTER INSERT OR UPDATE ON "corpora"
  FOR EACH ROW EXECUTE FUNCTION "tell_of_change"('corpus', 'id');

CREATE TRIGGER "tell_of_version" AFTER INSERT OR UPDATE ON "model_versions"
  FOR EACH ROW EXECUTE FUNCTION "tell_of_change"('version', 'id');

CREATE TRIGGER "tell_of_deployment" AFTER INSERT OR UPDATE ON "deployments"
  FOR EACH ROW EXECUTE FUNCTION "tell_of_change"('deployment', 'name');

CREATE TRIGGER "tell_of_release" AFTER INSERT OR UPDATE ON "releases"
  FOR EACH ROW EXECUTE FUNCTION "tell_of_change"('release', 'id');

-- A replica reports every two seconds; only what is new about it is a change.
CREATE TRIGGER "tell_of_new_replica" AFTER INSERT OR DELETE ON "replicas"
  FOR EACH ROW EXECUTE FUNCTION "tell_of_change"('replica', 'id');

CREATE TRIGGER "tell_of_replica" AFTER UPDATE ON "replicas"
  FOR EACH ROW
  WHEN (
    (OLD."version_id", OLD."loaded_version_ids", OLD."problem", OLD."ready")
    IS DISTINCT FROM (NEW."version_id", NEW."loaded_version_ids", NEW."problem", NEW."ready")
  )
  EXECUTE FUNCTION "tell_of_change"('replica', 'id');
