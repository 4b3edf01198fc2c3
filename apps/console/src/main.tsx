import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/controls.css';
import './styles/content.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.js';

const place = document.getElementById('console');
if (place === null) throw new Error('index.html has no element with the id "console".');
createRoot(place).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
