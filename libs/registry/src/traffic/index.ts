export { CHANGES_CHANNEL } from '../channels.js';
