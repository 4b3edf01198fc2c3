export { openDatabase, type Database, type Transaction } from './database.js';
