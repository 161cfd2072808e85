# SPDX-License-Identifier: Apache-2.0
"""What a person found who read content/demo/inventory and the descriptions of policies, and asked no program.

Names are names of resources; of a role assignment, its first eight characters."""

# How many documents of each type stand in the files; types without regard to case.
TYPES = """
3 subscriptions and groups of networks are no resources here: they are counted below as what they are

10 microsoft.storage/storageaccounts                  8 of production, 2 of development
6 microsoft.storage/storageaccounts/blobservices      of 6 accounts of production
2 microsoft.sql/servers                               billing, stat
4 microsoft.sql/servers/databases                     billing, stat, master; portal of development
2 microsoft.sql/servers/auditingsettings
3 microsoft.sql/servers/databases/transparentdataencryption
2 microsoft.sql/servers/firewallrules                 temp-bi, office
1 microsoft.dbforpostgresql/flexibleservers
1 microsoft.dbforpostgresql/flexibleservers/configurations
1 microsoft.dbforpostgresql/servers                   psql-hnl-2019
1 microsoft.dbformysql/flexibleservers
1 microsoft.dbformysql/flexibleservers/configurations
1 microsoft.cache/redis
1 microsoft.documentdb/databaseaccounts
3 microsoft.keyvault/vaults                           prod, edi; dev
2 microsoft.insights/diagnosticsettings               of kv-hnl-prod, of the subscription
1 microsoft.insights/activitylogalerts
5 microsoft.network/networksecuritygroups             web, was, db, edi; dev
2 microsoft.network/virtualnetworks
1 microsoft.network/networkwatchers/flowlogs
1 microsoft.network/applicationgateways
5 microsoft.network/networkinterfaces                 was 01 and 02, edi, batch; dev
1 microsoft.network/publicipaddresses
7 microsoft.compute/virtualmachines                   was 01 and 02, batch, edi; poc; dev, lab
2 microsoft.compute/virtualmachines/extensions        both MDE.Linux
4 microsoft.compute/disks                             three of machines, one alone
3 microsoft.authorization/roleassignments
1 microsoft.authorization/roledefinitions
2 microsoft.security/pricings
3 microsoft.web/sites
3 microsoft.web/sites/config
1 microsoft.web/serverfarms
1 microsoft.managedidentity/userassignedidentities
2 microsoft.containerservice/managedclusters
2 microsoft.containerregistry/registries
2 microsoft.operationalinsights/workspaces
1 microsoft.eventhub/namespaces
1 microsoft.servicebus/namespaces
1 microsoft.recoveryservices/vaults
1 microsoft.dataprotection/backupvaults
"""

STORAGE = (
    "sthnlinvoiceprod sthnlattachprod sthnlwebassets sthnledilegacy sthnllogprod sthnlreportjp sthnldrkrs "
    "sthnlmigrate2026 sthnlportaldev sthnldevdump "
)
MACHINES = (
    "vm-hnl-was-prod-01 vm-hnl-was-prod-02 vm-hnl-batch-prod-01 vm-hnl-edi-prod-01 vm-hnl-poc-01 vm-hnl-dev-01 "
    "vm-hnl-lab-gpu"
)
DISKS = "vm-hnl-was-prod-01-os vm-hnl-was-prod-02-os vm-hnl-batch-prod-01-os disk-hnl-migrate-01"
VAULTS = "kv-hnl-prod kv-hnl-edi kv-hnl-dev"
APPS = "app-hnl-portal-prod app-hnl-admin-prod func-hnl-notify-prod"
CLUSTERS = "aks-hnl-portal-prod aks-hnl-batch-prod"
SERVERS = "sql-hnl-billing-prod sql-hnl-stat-prod"
NSGS = "nsg-hnl-web-prod nsg-hnl-was-prod nsg-hnl-db-prod nsg-hnl-edi-prod nsg-hnl-dev"
NICS = "nic-hnl-was-prod-01 nic-hnl-was-prod-02 nic-hnl-edi-prod-01 nic-hnl-batch-prod-01 nic-hnl-dev-01"
NETWORKS = "vnet-hnl-prod vnet-hnl-batch"
GROUPS = "rg-hnl-billing-prod-krc rg-hnl-portal-prod-krc rg-hnl-data-prod-krc rg-hnl-net-prod-krc rg-hnl-sec-prod-krc " \
         "rg-hnl-dr-prod-krs rg-hnl-migration-prod-krc rg-hnl-sandbox-prod-krc rg-hnl-portal-dev-krc rg-hnl-lab-dev-krc"

# (policy without "mapae-", all that it is about, those of them that violate it, why)
VERDICTS = [
    ("storage-https-only", STORAGE, "sthnledilegacy", "supportsHttpsTrafficOnly is false; true everywhere else"),
    ("storage-minimum-tls", STORAGE, "sthnledilegacy sthnlmigrate2026 sthnldevdump",
     "TLS1_0, TLS1_1, TLS1_1; the others TLS1_2"),
    ("storage-no-public-blob", STORAGE, "sthnlwebassets sthnledilegacy sthnldevdump", "true, null (never set), true"),
    ("storage-no-shared-key", STORAGE, "sthnlattachprod sthnledilegacy sthnlmigrate2026 sthnldevdump",
     "null, and three that do not say"),
    ("storage-network-default-deny", STORAGE,
     "sthnlwebassets sthnledilegacy sthnlmigrate2026 sthnlportaldev sthnldevdump",
     "Allow, no firewall, Allow, Allow, no firewall"),
    ("storage-infrastructure-encryption", STORAGE, "sthnledilegacy sthnlreportjp sthnlmigrate2026 sthnldevdump",
     "null, false, and two that do not say"),
    ("storage-blob-soft-delete", STORAGE,
     "sthnlwebassets sthnledilegacy sthnlreportjp sthnlmigrate2026 sthnlportaldev sthnldevdump",
     "7 days are fewer than 14; off; four without a document of the blob service"),
    ("storage-container-soft-delete", STORAGE, "sthnlreportjp sthnlmigrate2026 sthnlportaldev sthnldevdump",
     "no document of the blob service; the six others keep 7 days"),
    ("storage-redundancy", STORAGE, "", "all are Standard_ZRS"),
    ("storage-ip-rules-within-ranges", STORAGE, "sthnlattachprod",
     "198.51.100.77 is outside 203.0.113.0/24; the others have no address rules"),
    ("storage-no-local-users", STORAGE, "", "none says that it has SFTP or local users"),
    ("storage-customer-key", STORAGE, STORAGE, "keySource is Microsoft.Storage, or nothing is said"),
    ("storage-key-rotation", STORAGE, "sthnlattachprod sthnledilegacy sthnlmigrate2026 sthnldevdump",
     "keys work there and no key policy is set; the six others switched keys off"),
    ("storage-sas-expiry", STORAGE, "sthnlattachprod sthnledilegacy sthnlmigrate2026 sthnldevdump",
     "keys work there and no SAS policy is set; the six others switched keys off"),
    ("storage-copy-scope", STORAGE, STORAGE, "none says allowedCopyScope"),
    ("database-sql-no-public-access", SERVERS, "sql-hnl-stat-prod", "Enabled"),
    ("database-sql-entra-only", SERVERS, "sql-hnl-stat-prod", "administrators is null"),
    ("database-sql-minimum-tls", SERVERS, "sql-hnl-stat-prod", "'None'"),
    ("database-sql-auditing", SERVERS, "sql-hnl-stat-prod",
     "90 days, no workspace; billing has a workspace and 0 days (no limit)"),
    ("database-sql-defender", SERVERS, SERVERS, "no document of threat protection"),
    ("database-sql-customer-key", SERVERS, SERVERS, "no protector is recorded"),
    ("database-sql-encryption", "billing stat portal", "stat", "Disabled; master is excluded by name"),
    ("database-sql-backup-retention", "billing stat portal", "billing stat portal",
     "no document of short-term retention; master is left out"),
    ("database-sql-no-open-firewall-rule", "temp-bi office", "temp-bi", "0.0.0.0 to 255.255.255.255"),
    ("database-flexible-no-public-access", "psql-hnl-portal-prod mysql-hnl-cms-prod", "mysql-hnl-cms-prod",
     "Enabled"),
    ("database-mysql-require-tls", "mysql-hnl-cms-prod", "mysql-hnl-cms-prod", "OFF"),
    ("database-postgresql-require-tls", "psql-hnl-portal-prod", "", "on"),
    ("database-postgresql-backup", "psql-hnl-portal-prod", "", "14 days are as many as 14"),
    ("database-redis-tls-only", "redis-hnl-session-prod", "redis-hnl-session-prod", "1.0 is below 1.2"),
    ("database-cosmos-network", "cosmos-hnl-event-prod", "", "one range that is not 0.0.0.0"),
    ("keyvault-purge-protection", VAULTS, "kv-hnl-edi", "null"),
    ("keyvault-rbac", VAULTS, "kv-hnl-edi", "false"),
    ("keyvault-soft-delete", VAULTS, "kv-hnl-edi", "7 days are fewer than 30"),
    ("keyvault-network-default-deny", VAULTS, "kv-hnl-edi", "Enabled and Allow"),
    ("keyvault-private-endpoint", VAULTS, VAULTS, "no connection is recorded"),
    ("logging-keyvault-audit-log", VAULTS, "kv-hnl-edi kv-hnl-dev",
     "only kv-hnl-prod has a setting, with the group audit"),
    ("network-nsg-no-ssh-from-internet", NSGS, "nsg-hnl-was-prod nsg-hnl-edi-prod nsg-hnl-dev",
     "20-30 from 0.0.0.0/0; 0-65535 from Any; 22 from Internet"),
    ("network-nsg-no-rdp-from-internet", NSGS, "nsg-hnl-edi-prod", "3380-3400 from *"),
    ("network-nsg-no-any-from-internet", NSGS, "nsg-hnl-edi-prod",
     "0-65535 from Any; all ports of dev are for 10.0.0.0/8"),
    ("network-nsg-no-database-from-internet", NSGS, "nsg-hnl-edi-prod", "0-65535 from Any"),
    ("network-nsg-management-from-company", NSGS, "nsg-hnl-was-prod nsg-hnl-edi-prod nsg-hnl-dev",
     "20-30 from anywhere; 3389 from * and Any; 22 from Internet"),
    ("network-nsg-restricted-egress", NSGS, NSGS, "no outbound rule at all"),
    ("network-subnet-has-nsg", NETWORKS, "vnet-hnl-batch",
     "snet-batch has none; GatewaySubnet of the other is excluded"),
    ("network-vnet-flow-logs", NETWORKS, "vnet-hnl-batch", "one flow log, for vnet-hnl-prod"),
    ("network-subnet-route-to-firewall", NETWORKS, NETWORKS, "no subnet has a route table"),
    ("network-ddos-protection", NETWORKS, NETWORKS, "no plan"),
    ("network-nic-no-public-ip", NICS, "nic-hnl-edi-prod-01 nic-hnl-dev-01", "both hold pip-hnl-edi"),
    ("network-nic-no-ip-forwarding", NICS, "", "none says that it forwards"),
    ("network-public-ip-approved", "pip-hnl-edi", "pip-hnl-edi", "no tag 공개승인"),
    ("network-appgw-waf", "agw-hnl-portal-prod", "", "a firewall policy is attached"),
    ("network-gateway-tls-policy", "agw-hnl-portal-prod", "", "AppGwSslPolicy20220101"),
    ("network-gateway-zone-redundant", "agw-hnl-portal-prod", "agw-hnl-portal-prod", "no zones"),
    ("compute-encryption-at-host", MACHINES, "vm-hnl-batch-prod-01 vm-hnl-edi-prod-01",
     "securityProfile is null; there is none"),
    ("compute-trusted-launch", MACHINES, "vm-hnl-batch-prod-01 vm-hnl-edi-prod-01",
     "securityProfile is null; there is none"),
    ("compute-linux-ssh-keys-only", MACHINES, "vm-hnl-batch-prod-01", "passwords are on; edi is Windows and passes"),
    ("compute-endpoint-protection", MACHINES,
     "vm-hnl-was-prod-02 vm-hnl-batch-prod-01 vm-hnl-edi-prod-01 vm-hnl-poc-01 vm-hnl-dev-01 vm-hnl-lab-gpu",
     "the extension of was 02 Failed; five have none"),
    ("compute-automatic-patching", MACHINES,
     "vm-hnl-batch-prod-01 vm-hnl-edi-prod-01 vm-hnl-poc-01 vm-hnl-dev-01 vm-hnl-lab-gpu",
     "only was 01 and 02 say AutomaticByPlatform"),
    ("compute-patch-assessment", MACHINES,
     "vm-hnl-batch-prod-01 vm-hnl-edi-prod-01 vm-hnl-poc-01 vm-hnl-dev-01 vm-hnl-lab-gpu",
     "only was 01 and 02 say AutomaticByPlatform"),
    ("compute-allowed-sizes", MACHINES, "vm-hnl-batch-prod-01 vm-hnl-edi-prod-01 vm-hnl-poc-01 vm-hnl-lab-gpu",
     "two of v3, two with GPUs; D4s_v5 twice and B2ms are allowed"),
    ("compute-approved-images", MACHINES, "vm-hnl-edi-prod-01 vm-hnl-lab-gpu",
     "edi-relay-vendor, open-llm-images; five of Canonical"),
    ("compute-monitor-agent", MACHINES, MACHINES, "no such extension"),
    ("compute-disk-no-public-export", DISKS, "vm-hnl-batch-prod-01-os disk-hnl-migrate-01", "AllowAll, public"),
    ("compute-unattached-disks", DISKS, "disk-hnl-migrate-01", "Unattached"),
    ("compute-disk-customer-key", DISKS, DISKS, "EncryptionAtRestWithPlatformKey everywhere"),
    ("appservice-https-only", APPS, "app-hnl-admin-prod", "false"),
    ("appservice-minimum-tls", APPS, "app-hnl-admin-prod", "1.0 in config/web; 1.2 twice"),
    ("appservice-ftps-only", APPS, "app-hnl-admin-prod", "AllAllowed in config/web"),
    ("appservice-cors-no-wildcard", APPS, "app-hnl-admin-prod", "a star; the function has no list"),
    ("appservice-remote-debugging-off", APPS, "app-hnl-admin-prod", "true"),
    ("appservice-managed-identity", APPS, "app-hnl-admin-prod", "identity is null"),
    ("appservice-vnet-integration", APPS, APPS, "no app names a subnet"),
    ("kubernetes-local-accounts-disabled", CLUSTERS, "aks-hnl-batch-prod", "false"),
    ("kubernetes-network-policy", CLUSTERS, "aks-hnl-batch-prod", "kubenet without a policy; cilium"),
    ("kubernetes-policy-addon", CLUSTERS, "aks-hnl-batch-prod", "addonProfiles is null"),
    ("kubernetes-api-server-restricted", CLUSTERS, "aks-hnl-batch-prod", "apiServerAccessProfile is null"),
    ("kubernetes-node-encryption-at-host", CLUSTERS, "aks-hnl-batch-prod", "its pool batch says false"),
    ("kubernetes-rbac", CLUSTERS, "", "true twice"),
    ("kubernetes-registry-no-admin-user", "acrhnlprod acrhnlbatch", "acrhnlbatch", "true"),
    ("kubernetes-registry-no-public-network", "acrhnlprod acrhnlbatch", "acrhnlbatch", "Enabled"),
    ("logging-workspace-retention", "log-hnl-sec-prod log-hnl-app-prod", "log-hnl-app-prod",
     "30 days; the other 365"),
    ("identity-custom-role-no-star", "d95e4b7c", "d95e4b7c", "its second block has *"),
    ("identity-group-assignments", "c41d7f20 0f62b7a9 7c93e1d4", "c41d7f20 7c93e1d4", "two to users, one to a group"),
    ("identity-no-standing-admins", "c41d7f20 0f62b7a9 7c93e1d4", "c41d7f20",
     "Owner to a user; Owner to a group, Reader to a user"),
    ("identity-messaging-no-local-auth", "evhns-hnl-prod sbns-hnl-prod", "sbns-hnl-prod",
     "disableLocalAuth is false"),
    ("general-allowed-locations-groups", GROUPS, "rg-hnl-lab-dev-krc", "japaneast"),
    ("general-group-data-class", GROUPS, "rg-hnl-migration-prod-krc rg-hnl-sandbox-prod-krc rg-hnl-lab-dev-krc",
     "no tag 데이터등급"),
    ("general-environments-apart", GROUPS, "rg-hnl-migration-prod-krc rg-hnl-sandbox-prod-krc",
     "환경=dev in a subscription with 환경=prod"),
    ("general-retired-services", "psql-hnl-2019", "psql-hnl-2019", "a single server of PostgreSQL"),
    ("general-backup-vault-redundancy", "rsv-hnl-prod", "rsv-hnl-prod", "LocallyRedundant"),
    ("general-backup-immutability", "rsv-hnl-prod bv-hnl-krs", "rsv-hnl-prod", "says nothing; the other is Locked"),
    ("general-defender-coverage", "VirtualMachines StorageAccounts", "StorageAccounts", "Free"),
]

# Of policies that are about whatever has a region: 19 of prod-apps, 21 of prod-data, 23 of prod-network-compute,
# 8 of dev; the empty region that Resource Graph writes for transparentDataEncryption of development is none.
WITH_REGION = 71
WIDE = [
    ("general-allowed-locations", 2,
     "sthnlreportjp and vm-hnl-lab-gpu are in japaneast; global is passed over and complies"),
    ("general-required-tags", 17,
     "without 부서 or 담당자: sthnldevdump, vm-hnl-lab-gpu; three config/web, evhns, vm-hnl-poc-01; "
     "sthnledilegacy, sthnlreportjp, sql-hnl-stat-prod, stat, master, psql-hnl-2019, "
     "sthnlmigrate2026, disk-hnl-migrate-01, cosmos; the flow log"),
    ("general-allowed-types", 4, "Event Hubs, Service Bus, Redis and Cosmos DB are not on the list"),
]
# (policy, how many it is about, how many of them violate it, why); groups and subscriptions are counted as they
# stand in the files.
COUNTED = [
    ("appservice-authentication", 3, 3, "no app has authentication settings"),
    ("appservice-health-check", 2, 2, "no path; the function is left out"),
    ("appservice-no-public-access", 3, 3, "none says that it is closed"),
    ("appservice-supported-runtime", 3, 3, "no runtime is said"),
    ("appservice-zone-redundant", 1, 1, "asp-hnl-prod says neither zones nor instances"),
    ("appservice-staging-slot", 2, 2, "환경=prod thrice, the function is left out; no slot"),
    ("compute-approved-extensions", 2, 0, "MDE.Linux twice"),
    ("compute-backup-enabled", 7, 7, "nothing protected is recorded"),
    ("compute-change-tracking", 7, 7, "no such extension"),
    ("compute-data-collection-rule", 7, 7, "no association"),
    ("compute-dedicated-host", 7, 0, "none has the tag 구역"),
    ("compute-just-in-time-access", 7, 7, "no such policy"),
    ("compute-managed-disks", 7, 1, "the disk of edi is a file of sthnledilegacy"),
    ("compute-security-baseline", 7, 7, "no such assignment"),
    ("compute-size-limits", 11, 0, "7 machines without data disks, 4 disks of 128 GB"),
    ("compute-vulnerability-assessment", 7, 7, "no assessment"),
    ("compute-zone-placed", 7, 7, "none names a zone"),
    ("database-mysql-audit-events", 1, 1, "not set"),
    ("database-mysql-audit-log", 1, 1, "not set"),
    ("database-mysql-backup", 1, 0, "14 days are as many as 14"),
    ("database-postgresql-audit-log", 1, 1, "not set"),
    ("database-postgresql-connection-log", 1, 1, "not set"),
    ("database-postgresql-entra-only", 1, 1, "says nothing"),
    ("database-redis-entra-only", 1, 1, "says nothing"),
    ("database-redis-no-public-access", 1, 0, "Disabled"),
    ("database-sql-ledger", 3, 0, "none has the tag 무결성; master is left out"),
    ("database-sql-test-masking", 1, 1, "portal has 환경=dev and no masking; nothing is said of the others"),
    ("database-sql-vulnerability-assessment", 2, 2, "none recorded"),
    ("database-zone-redundant", 5, 5, "billing, stat, portal, psql, mysql say nothing; master is left out"),
    ("general-backup-restore-tested", 1, 1, "no restore job"),
    ("general-defender-plan", 2, 1, "VirtualMachines is Standard in production; nothing of development"),
    ("general-replica-locations", 1, 0, "cosmos names no other location"),
    ("general-resource-locks", 6, 6, "6 groups have 환경=prod; no locks"),
    ("general-security-contact", 2, 2, "none recorded"),
    ("identity-mfa-owners", 2, 2, "no assessment"),
    ("identity-mfa-writers", 2, 2, "no assessment"),
    ("identity-services-no-local-auth", 1, 1, "cosmos says nothing"),
    ("kubernetes-defender", 2, 2, "no security profile"),
    ("kubernetes-node-zones", 2, 2, "no zones"),
    ("kubernetes-private-nodes", 2, 0, "no pool says that it has public addresses"),
    ("kubernetes-secret-encryption", 2, 2, "no KMS"),
    ("kubernetes-supported-version", 2, 2, "1.31 is older than 1.35"),
    ("logging-activity-log-export", 2, 2, "the category Policy is off; development has no setting"),
    ("logging-alert-on-log-removal", 2, 2, "no such alert"),
    ("logging-alert-on-network-change", 2, 2, "no such alert"),
    ("logging-alert-on-policy-removal", 2, 1, "production has ala-hnl-policy"),
    ("logging-alert-on-resource-deletion", 2, 2, "no such alert"),
    ("logging-alert-on-role-change", 2, 2, "no such alert"),
    ("logging-alert-on-security-rule-change", 2, 2, "no such alert"),
    ("logging-appservice-log", 2, 2, "no setting; the function is left out"),
    ("logging-backup-failure-alert", 1, 1, "says nothing"),
    ("logging-gateway-log", 1, 1, "no setting"),
    ("logging-kubernetes-audit-log", 2, 2, "no setting"),
    ("logging-metric-alerts", 7, 7, "no metric alert"),
    ("logging-resource-health-alert", 2, 2, "no such alert"),
    ("logging-service-health-alert", 2, 2, "no such alert"),
    ("logging-resource-logs", 13, 12,
     "kv-hnl-prod alone of 3 vaults, 2 registries, 2 workspaces, 2 namespaces, 2 flexible servers, Redis, Cosmos DB"),
    ("logging-sentinel-onboarded", 2, 2, "not onboarded"),
    ("logging-storage-audit-log", 6, 6, "6 blob services without a setting"),
    ("logging-workspace-lock", 2, 2, "no locks"),
    ("logging-workspace-no-keys", 2, 2, "say nothing"),
    ("logging-workspace-private", 2, 2, "say nothing"),
    ("network-flow-log-analytics", 1, 1, "no analytics"),
    ("network-gateway-https-only", 1, 1, "no listener is reported"),
    ("network-nic-approved-subnets", 5, 5, "no subnet is said"),
    ("network-peering-approved", 2, 0, "no peerings"),
    ("network-peering-no-transit", 2, 0, "no peerings"),
    ("network-public-ip-zones", 1, 1, "no zones"),
    ("network-subnet-no-default-outbound", 2, 2, "no subnet says so"),
    ("storage-files-strong-smb", 10, 10, "nothing of file services"),
    ("storage-log-immutability", 1, 1, "sthnllogprod has 용도=로그; no container is recorded"),
    ("storage-malware-scanning", 10, 10, "nothing of protection"),
    ("storage-no-public-network", 10, 6, "Enabled thrice, and three that say nothing; Disabled four times"),
    ("storage-versioning", 10, 10, "no blob service says that it keeps versions"),
]
# The same of resource groups. A platform has one more, NetworkWatcherRG, in which the flow log stands. No file tells of
# it, so nothing is known of its tags, and it is not judged.
OF_GROUPS = [
    ("general-asset-tags", 10, "none has all of 자산번호, 소유자, 관리자, 중요도"),
    ("general-government-zone-tag", 10, "none has 이용영역"),
    ("general-owner-tag-format", 10, "none has 담당자메일"),
    ("general-ended-contracts-removed", 0, "none has 이용종료일"),
    ("general-government-zone-apart", 0, "none has 이용영역"),
    ("general-supplier-tag", 0, "none has 운영=위탁"),
    ("general-personal-data-tags", 3, "portal, data, dr hold 개인정보 and name neither purpose nor period"),
    ("general-group-data-class", 3, "as above"),
    ("general-environments-apart", 2, "as above"),
    ("general-allowed-locations-groups", 1, "as above"),
]

# class of the guide -> (assets, why)
ASSETS = {
    "security-system": (3, "3 vaults of keys"),
    "application": (3, "3 apps; their settings and their plan are parts"),
    "database": (11, "2 SQL servers, 4 databases, PostgreSQL twice, MySQL, Redis, Cosmos DB"),
    "virtualization-software": (2, "2 clusters"),
    "virtual-resource": (25, "10 storage accounts, 7 machines, 4 disks, 2 registries, 2 networks"),
    "support-service": (7, "gateway, 2 workspaces, Event Hubs, Service Bus, 2 vaults of backups; an alert rule is none"),
}
OWNED = 7     # 책임자: invoice, attach, log, sql billing and its database, psql portal, kv-hnl-prod
# No 담당자, or an empty one: dump, lab; poc, Event Hubs, edilegacy, reportjp, sql stat, stat, master, psql 2019,
# migrate and its disk, cosmos, kv-hnl-edi.
NOT_KEPT = 14
