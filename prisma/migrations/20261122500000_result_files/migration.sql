-- What a run measured is a file, too: text that nobody trains on.

ALTER TABLE "training_runs" ADD COLUMN "result_file_id" TEXT;

CREATE UNIQUE INDEX "training_runs_result_file_id_key" ON "training_runs"("result_file_id");

ALTER TABLE "training_runs" ADD CONSTRAINT "training_runs_result_file_id_fkey" FOREIGN KEY ("result_file_id") REFERENCES "corpora"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
