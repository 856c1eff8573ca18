/** The configuration of a strict reader, as text. */
export const tsconfig = (resolution: "NodeNext" | "Bundler", include: string, more: object = {}) =>
  JSON.stringify({
    compilerOptions: {
      target: "ES2023",
      lib: ["ES2023", "DOM", "ESNext.Disposable"],
      module: resolution === "NodeNext" ? "NodeNext" : "ESNext",
      moduleResolution: resolution,
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
      types: ["node"],
      ...more
    },
    include: [include]
  })
