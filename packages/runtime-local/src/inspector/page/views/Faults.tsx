export const Faults = () => null
