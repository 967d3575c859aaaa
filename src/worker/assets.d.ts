/** Vite turns such an import into the address of the file on this origin. */
declare module '*?url' {
  const url: string;
  export default url;
}
