import { defineConfig } from 'prisma/config';

// For Prisma's own command line, such as "npx prisma migrate deploy"; the project itself applies migrations with libs/database.
const url = process.env['DATABASE_URL'];

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  ...(url ? { datasource: { url } } : {}),
});
