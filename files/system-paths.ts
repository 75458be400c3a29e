/** Where the system's daemon has its configuration. */
export const SYSTEM_CONFIG = "/etc/rpcd/rpcd.yaml";

/** Where `rpcd install-units` puts the unit of its service. */
export const SYSTEM_UNIT = "/etc/systemd/system/rpcd.service";
