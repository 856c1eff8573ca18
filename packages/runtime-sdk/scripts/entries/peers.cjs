/**
 * Shipped as `dist/entries/peers.cjs`: looks at the installed packages that an entry stands on, before anything of them
 * is imported. A wrong one would end in a linker's error about a file that nobody knows.
 */
"use strict"

const manifest = require("../../package.json")

/** What is needed of each package, as major and minor; the local runtime shares the SDK's version. */
const versions = { effect: [4, 1], "@nestjs/core": [10, 0] }

/** Packages of which little is used, and that for long: later majors are taken, too. */
const open = new Set(["@nestjs/core"])

/** `major.minor` at the beginning of a version. */
const read = (version) => version.split(".", 2).map((part) => Number.parseInt(part, 10))

/** What is needed: how to install it, whether a version is that, and the words for one that is not. */
const needOf = (name) => {
  const own = versions[name]
  if (own === undefined) {
    return { install: manifest.version, fits: (version) => version === manifest.version, words: () => manifest.version }
  }
  const [major, minor] = own
  return {
    install: `${major}`,
    fits: (version) =>
      (read(version)[0] === major && read(version)[1] >= minor) || (open.has(name) && read(version)[0] > major),
    words: (version) =>
      version !== undefined && read(version)[0] > major
        ? `${major}.${minor} or a later ${major}.x`
        : `${major}.${minor} or later`
  }
}

/** The version that this package would get, `undefined` when there is none. */
const installed = (name) => {
  try {
    return require(`${name}/package.json`).version
  } catch (error) {
    if (error.code === "MODULE_NOT_FOUND") return undefined
    throw error
  }
}

/** Throws one line when a package that an entry needs is missing, or is another version. */
exports.check = (entry, names) => {
  for (const name of names) {
    const { words, install, fits } = needOf(name)
    const version = installed(name)
    if (version !== undefined && fits(version)) continue
    const found = version === undefined ? "which is not installed" : `this is ${version}`
    const error = new Error(
      `${manifest.name}/${entry} needs ${name} ${words(version)}, ${found}: npm install ${name}@${install}`
    )
    // Frames of this file and of Node's loader help nobody.
    error.stack = `Error: ${error.message}`
    throw error
  }
}
