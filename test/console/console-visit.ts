import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { AXE_SOURCE } from './chromium.js';

interface AxeViolation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** A person at the console, in a window of their own. Everything that the page complains about is kept. */
export class ConsoleVisit {
  /** Errors of scripts, refusals of the security policy, and the like. */
  readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly context: BrowserContext,
    private readonly url: string,
  ) {
    page.setDefaultTimeout(60_000);
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      // That a request was refused is the business of the page, which is looked at.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        this.complaints.push(message.text());
    });
  }

  static async begin(
    browser: Browser,
    url: string,
    key: string | null,
    options: BrowserContextOptions = {},
  ): Promise<ConsoleVisit> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const visit = new ConsoleVisit(await context.newPage(), context, url);
    await visit.open('/');
    if (key !== null) await visit.signIn(key);
    return visit;
  }

  /** Goes to a page of the console by its address. */
  async open(path: string): Promise<void> {
    await this.page.goto(this.url + path);
  }

  async signIn(key: string): Promise<void> {
    await this.page.getByLabel('API key').fill(key);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    // On a narrow screen the navigation is there, and hidden until somebody opens it.
    await this.page.locator('nav').waitFor({ state: 'attached' });
  }

  /** Waits for a heading of a page. */
  async heading(name: string | RegExp): Promise<void> {
    await this.page.getByRole('heading', { name }).first().waitFor();
  }

  /** What axe finds on the page as it is, and what sticks out of it sideways. */
  async expectSound(): Promise<void> {
    await this.page.evaluate(AXE_SOURCE);
    const found = await this.page.evaluate<{ violations: readonly AxeViolation[] }>(
      'axe.run(document, { resultTypes: ["violations"] })',
    );
    const told = found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
    expect(told).toEqual([]);
    expect(await this.page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    expect(this.complaints).toEqual([]);
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}
