import { defineConfig } from '@playwright/test';
import { chromiumFlags, findChromium } from './scripts/chromium.mjs';

// Not the port of `npm start`: a page left running there must not be tested by mistake.
const port = 4187;
const url = `http://localhost:${port}/`;
const executablePath = findChromium();

export default defineConfig({
  testDir: 'e2e',
  forbidOnly: process.env.CI !== undefined,
  retries: 0,
  // Chromium, its GPU process and the model's threads share the cores as it is.
  workers: 1,
  // Software WebGPU takes seconds for what a GPU does in milliseconds.
  timeout: 120_000,
  expect: { timeout: 30_000 },
  reporter: 'list',
  use: {
    baseURL: url,
    trace: 'retain-on-failure',
    // Tests stand between the page and the server; what a service worker keeps would go past them.
    // Those of the service worker allow it.
    serviceWorkers: 'block',
    launchOptions: { args: chromiumFlags, ...(executablePath && { executablePath }) },
  },
  webServer: {
    command: `node scripts/start.mjs --port ${port} --no-build`,
    url,
    reuseExistingServer: false,
    timeout: 30_000,
  },
});
