/** Waits for something, but not longer than so many milliseconds; rejects as it does until then. */
export async function atMost(awaited: Promise<unknown>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([awaited, late]).finally(() => clearTimeout(timer));
}
