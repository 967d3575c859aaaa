/** Takes a web lock for as long as this worker lives; resolves once it is held. */
export function holdLock(name: string): Promise<void> {
  return new Promise((granted) => {
    navigator.locks.request(name, () => {
      granted();
      return new Promise(() => undefined);
    });
  });
}
