"""The choices a person has with template.yaml, put together: every combination of those that change what
is made, and an example of every parameter."""

import itertools

REGION = "eu-central-1:123456789012"
CLUSTER = f"arn:aws:kafka:{REGION}:cluster/shop/1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d-7"
SECRET = f"arn:aws:secretsmanager:{REGION}:secret:%s-AbCdEf"
BASE = {
    "Connector": "analyticdb-postgresql",
    "Topic": "orders",
    "ConnectionUrl": "postgresql://db.example.com:5432/shop?sslmode=verify-full",
    "ConnectionSecretArn": SECRET % "db",
}
SOURCE = {
    "Connector": "mysql-source",
    "ConnectionUrl": "mysql://db.example.com/shop?ssl-mode=VERIFY_IDENTITY",
    "ConnectionSecretArn": SECRET % "db",
    "BootstrapServers": "b1.example.com:9098,b2.example.com:9098",
    "Mode": "timestamp+incrementing",
    "Tables": r"shop\.orders",
    "TimestampColumn": "updated_at",
    "TopicPrefix": "shop-",
}
MSK = {"ClusterKind": "msk", "MskClusterArn": CLUSTER}
OURS = {"ClusterKind": "self-managed", "BootstrapServers": "b1.example.com:9096,b2.example.com:9096"}
VPC = {"SubnetIds": "subnet-0123456789abcdef0,subnet-0123456789abcdef1", "SecurityGroupIds": "sg-0123456789abcdef0"}
LETTERS = {"ErrorsTolerance": "all", "DeadLetterTopic": "orders-dead"}
FILES = {
    "FilesLayerArn": f"arn:aws:lambda:{REGION}:layer:files:3",
    "KafkaCertificateFile": "/opt/client.pem",
    "KafkaKeyFile": "/opt/client-key.pem",
}

CLUSTERS = [MSK, OURS]
NETWORKS = [{}, VPC]
LOGINS = [
    {"KafkaAuthentication": "iam"},
    *(
        {"KafkaAuthentication": way, "KafkaSecretArn": SECRET % "kafka"}
        for way in ("scram-sha-512", "scram-sha-256", "plain")
    ),
    {"KafkaAuthentication": "mtls", "KafkaSecretArn": SECRET % "kafka", **FILES},
    {"KafkaAuthentication": "mtls", **FILES},
    {"KafkaAuthentication": "tls"},
    {"KafkaAuthentication": "plaintext"},
    {"KafkaAuthentication": "scram-sha-512", "KafkaSecretArn": SECRET % "kafka", "KafkaCaSecretArn": SECRET % "ca"},
]
TARGETS = [
    {"SecretsKmsKeyArn": f"arn:aws:kms:{REGION}:key/1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d"},
    {
        "TargetAuthentication": "iam",
        "ConnectionSecretArn": "",
        "ConnectionUser": "writer",
        "DatabaseUserArn": f"arn:aws:rds-db:{REGION}:dbuser:db-ABC/writer",
    },
]
BAD_RECORDS = [{}, LETTERS, LETTERS | {"ErrorDataTopic": "orders-errors"}]
GIVEN_UP = [
    {},
    *(
        {"MaximumRetryAttempts": "5", "OnFailureDestination": place}
        for place in (
            "kafka://orders-failed",
            f"arn:aws:sqs:{REGION}:failed",
            f"arn:aws:sns:{REGION}:failed",
            "arn:aws:s3:::failed-batches",
        )
    ),
]
REGISTRIES = [
    {},
    {"SchemaRegistryUri": f"arn:aws:glue:{REGION}:registry/shop"},
    {
        "SchemaRegistryUri": "https://registry.example.com",
        "SchemaRegistryAuthentication": "BASIC_AUTH",
        "SchemaRegistrySecretArn": SECRET % "registry",
        "SchemaRegistryCaSecretArn": SECRET % "registry-ca",
    },
]
# The registry that the function asks itself.
OUR_REGISTRIES = [
    {
        "FunctionRegistryUrl": "https://registry.example.com/apis/ccompat/v7",
        "FunctionRegistrySecretArn": SECRET % "our-registry",
        "ValueFormat": "avro",
    },
    {"FunctionRegistryUrl": "https://glue.eu-central-1.amazonaws.com", "FunctionRegistryType": "glue"},
]
MODES = [
    *(
        {"PollingMode": "provisioned", **given_up, **registry}
        for given_up, registry in itertools.product(GIVEN_UP, REGISTRIES)
    ),
    {"PollingMode": "on-demand"},
    *({"PollingMode": "on-demand", **registry} for registry in OUR_REGISTRIES),
]


# Of a source only: as it is by default, and as little as can be.
SCHEDULES = [{}, {"Schedule": "rate(5 minutes)", "OneAtATime": "false", "Enabled": "false", "OffsetsTopic": "offsets-of-shop"}]


def all_choices():
    """Every combination for a sink and for a source, sensible or not."""
    for parts in itertools.product([BASE], CLUSTERS, NETWORKS, LOGINS, TARGETS, BAD_RECORDS, MODES):
        yield put_together(parts)
    for parts in itertools.product([SOURCE], CLUSTERS, NETWORKS, LOGINS, TARGETS, SCHEDULES):
        yield put_together(parts)


def put_together(parts):
    choice = {}
    for part in parts:
        choice.update(part)
    return choice


def is_possible(choice):
    """What AWS and the function can do, said anew, to hold the template's rules against."""
    source = choice["Connector"] == "mysql-source"
    ways = {
        "msk": {"iam", "scram-sha-512", "mtls", "tls", "plaintext"},
        "self-managed": {"scram-sha-512", "scram-sha-256", "plain", "mtls"}
        | ({"tls", "plaintext"} if "SubnetIds" in choice or source else set()),
    }
    own_authority = "KafkaCaSecretArn" not in choice or choice["ClusterKind"] == "self-managed" and not source
    # A mapping reads the certificate from a secret, a source from files.
    certificate = choice["KafkaAuthentication"] != "mtls" or ("KafkaSecretArn" in choice) != source
    # Lambda drops what it cannot convert, unless it has a destination.
    kept = "SchemaRegistryUri" not in choice or "OnFailureDestination" in choice
    return kept and own_authority and certificate and choice["KafkaAuthentication"] in ways[choice["ClusterKind"]]


# For each parameter what has to be there, and then another value of it, or all that changes along with it.
EXAMPLES = {
    "ConnectorName": ({}, "orders"),
    "BootstrapServers": ({}, "b1.example.com:9098"),
    "MskClusterArn": ({}, CLUSTER.replace("shop", "other")),
    "ClusterKind": ({"KafkaAuthentication": "tls", **VPC}, {"ClusterKind": "self-managed", "MskClusterArn": "", **OURS}),
    "Topic": ({}, "payments"),
    "ConsumerGroup": ({}, "orders-to-table"),
    "StartingPosition": ({}, "LATEST"),
    "StartingTimestamp": ({"StartingPosition": "AT_TIMESTAMP", "StartingTimestamp": "1"}, "1800000000"),
    "KafkaAuthentication": ({}, "tls"),
    "KafkaSecretArn": (
        {"KafkaAuthentication": "scram-sha-512", "KafkaSecretArn": SECRET % "AmazonMSK_a"}, SECRET % "AmazonMSK_b"
    ),
    "KafkaCaSecretArn": (OURS | LOGINS[1] | {"MskClusterArn": ""}, SECRET % "ca"),
    "KafkaCaFile": ({}, "/opt/ca.pem"),
    "KafkaCertificateFile": (LOGINS[4], "/opt/other.pem"),
    "KafkaKeyFile": (LOGINS[4], "/opt/other-key.pem"),
    "SubnetIds": (VPC, "subnet-0123456789abcdef9"),
    "SecurityGroupIds": (VPC, "sg-0123456789abcdef1,sg-0123456789abcdef2"),
    "ConnectionUrl": ({}, "jdbc:postgresql://other:5432/shop"),
    "TargetAuthentication": ({}, TARGETS[1]),
    "ConnectionSecretArn": ({}, SECRET % "other"),
    "ConnectionUser": ({}, "writer"),
    "DatabaseUserArn": (TARGETS[1], f"arn:aws:rds-db:{REGION}:dbuser:db-ABC/other"),
    "SecretsKmsKeyArn": ({}, f"arn:aws:kms:{REGION}:key/1a2b3c4d"),
    "Table": ({}, "sales.${topic}"),
    "InsertMode": ({"PkMode": "record_key"}, "upsert"),
    "PkMode": ({}, "kafka"),
    "PkFields": ({}, "id"),
    "DeleteEnabled": ({"PkMode": "record_key"}, "true"),
    "ValueFormat": ({}, "debezium"),
    "AutoCreate": ({}, "true"),
    "AutoEvolve": ({}, "true"),
    "ExactlyOnce": ({}, "true"),
    "ErrorsTolerance": ({}, LETTERS),
    "DeadLetterTopic": (LETTERS, "others-dead"),
    "ErrorDataTopic": (LETTERS, "orders-errors"),
    "MoreOptions": ({}, '{"fields.unknown":"ignore"}'),
    "MoreSecretArns": ({}, f"{SECRET % 'one'},arn:aws:ssm:{REGION}:parameter/two"),
    "PollingMode": ({}, "on-demand"),
    "Enabled": ({}, "false"),
    "BatchSize": ({}, "10000"),
    "BatchWindowSeconds": ({}, "5"),
    "MinimumPollers": ({}, "2"),
    "MaximumPollers": ({}, "9"),
    "PollerGroup": ({}, ""),
    "FilterPattern": ({}, '{"value":{"type":["order"]}}'),
    "BisectBatch": ({}, "false"),
    "MaximumRetryAttempts": (GIVEN_UP[1], "7"),
    "MaximumRecordAgeSeconds": (GIVEN_UP[1], "3600"),
    "OnFailureDestination": ({}, "kafka://orders-failed"),
    "FunctionRegistryUrl": ({}, "http://registry:8081"),
    "FunctionRegistryType": ({"FunctionRegistryUrl": "https://glue.eu-central-1.amazonaws.com"}, "glue"),
    "FunctionRegistrySecretArn": (OUR_REGISTRIES[0], SECRET % "other"),
    "SchemaRegistryUri": (GIVEN_UP[1], "https://registry.example.com"),
    "SchemaRegistryAttributes": (GIVEN_UP[1] | REGISTRIES[1], "key-and-value"),
    "SchemaRegistryAuthentication": (GIVEN_UP[1] | REGISTRIES[2], "CLIENT_CERTIFICATE_TLS_AUTH"),
    "SchemaRegistrySecretArn": (GIVEN_UP[1] | REGISTRIES[2], SECRET % "other"),
    "SchemaRegistryCaSecretArn": (GIVEN_UP[1] | REGISTRIES[2], SECRET % "other"),
    "Architecture": ({}, "x86_64"),
    "MemorySize": ({}, "1769"),
    "Timeout": ({}, "840"),
    "SecretsExtensionLayerArn": ({}, f"arn:aws:lambda:{REGION}:layer:extension:7"),
    "FilesLayerArn": ({}, FILES["FilesLayerArn"]),
    "LogLevel": ({}, "DEBUG"),
    "LogRetentionDays": ({}, "365"),
    "AlarmTopicArn": ({}, f"arn:aws:sns:{REGION}:on-call"),
    "LagAlarmRecords": ({}, "5"),
    "AgeAlarmSeconds": ({}, "60"),
    "LettersAlarmCount": ({}, "10"),
    "Dashboard": ({}, "false"),
}
# The same for what only a source has, or what a source does with it.
OF_A_SOURCE = {
    "ConnectorName": ({}, "shop"),
    "Schedule": ({}, "cron(0 3 * * ? *)"),
    "OneAtATime": ({}, "false"),
    "InvocationRetries": ({}, "2"),
    "Mode": ({}, "timestamp"),
    "Tables": ({}, r"shop\.items"),
    "IncrementingColumn": ({}, "id"),
    "TimestampColumn": ({}, "changed"),
    "TopicPrefix": ({}, "other-"),
    "OffsetsTopic": ({}, "offsets-of-shop"),
    "BehindAlarmSeconds": ({}, "300"),
    "Enabled": ({}, "false"),
    "KafkaCaFile": ({"KafkaAuthentication": "tls"}, "/opt/ca.pem"),
    "Dashboard": ({}, "false"),
    "ValueFormat": ({}, "json-envelope"),
    "FunctionRegistryUrl": ({}, {"ValueFormat": "avro", "FunctionRegistryUrl": "https://registry.example.com"}),
    "FunctionRegistrySecretArn": (
        {"ValueFormat": "avro", "FunctionRegistryUrl": "https://registry.example.com"},
        SECRET % "registry",
    ),
}

# What cannot be, and words of the sentence that says so.
IMPOSSIBLE = [
    ({"Connector": "databend"} | TARGETS[1], "databases of Amazon RDS"),
    ({"Connector": "tablestore"} | TARGETS[1], "databases of Amazon RDS"),
    ({"MskClusterArn": ""}, "needs MskClusterArn"),
    ({"KafkaAuthentication": "plain", "KafkaSecretArn": SECRET % "kafka"}, "Amazon MSK knows"),
    ({"KafkaCaSecretArn": SECRET % "ca"}, "KafkaCaSecretArn is only for"),
    ({"ClusterKind": "self-managed", "MskClusterArn": "", "KafkaAuthentication": "tls"}, "needs BootstrapServers"),
    (OURS | LOGINS[1], "MskClusterArn is only for"),
    (OURS | {"MskClusterArn": ""}, "iam is only for"),
    (OURS | {"MskClusterArn": "", "KafkaAuthentication": "tls"}, "only inside a VPC"),
    ({"KafkaAuthentication": "scram-sha-512"}, "need KafkaSecretArn"),
    ({"KafkaSecretArn": SECRET % "kafka"}, "KafkaSecretArn is only for"),
    ({"KafkaAuthentication": "plaintext", "KafkaCaFile": "/opt/ca.pem"}, "mean nothing"),
    (LOGINS[4] | LETTERS | {"KafkaCertificateFile": "", "KafkaKeyFile": ""}, "needs KafkaCertificateFile"),
    (LOGINS[4] | {"KafkaKeyFile": ""}, "only work together"),
    ({"KafkaKeyFile": "/opt/key.pem"}, "only for KafkaAuthentication=mtls"),
    ({"SubnetIds": VPC["SubnetIds"]}, "only work together"),
    ({"SecurityGroupIds": VPC["SecurityGroupIds"]}, "only work together"),
    ({"StartingPosition": "AT_TIMESTAMP"}, "needs StartingTimestamp"),
    ({"ConnectionSecretArn": ""}, "needs ConnectionSecretArn"),
    ({"TargetAuthentication": "iam"}, "needs DatabaseUserArn"),
    ({"InsertMode": "upsert"}, "need a PkMode"),
    ({"DeleteEnabled": "true", "PkMode": "record_value"}, "needs PkMode=record_key"),
    ({"ErrorsTolerance": "all"}, "needs DeadLetterTopic"),
    (LETTERS | {"DeadLetterTopic": "orders"}, "another topic than Topic"),
    (LETTERS | {"ErrorDataTopic": "orders"}, "another topic than Topic"),
    ({"DeadLetterTopic": "orders-dead"}, "need ErrorsTolerance=all"),
    ({"PollingMode": "on-demand"} | GIVEN_UP[1], "need PollingMode=provisioned"),
    ({"PollingMode": "on-demand"} | REGISTRIES[1], "SchemaRegistryUri needs PollingMode"),
    ({"MaximumRetryAttempts": "5"}, "records would be lost"),
    ({"MaximumRecordAgeSeconds": "60"}, "records would be lost"),
    ({"SchemaRegistryAuthentication": "BASIC_AUTH", "SchemaRegistrySecretArn": SECRET % "r"}, "need SchemaRegistryUri"),
    (REGISTRIES[1] | {"SchemaRegistryAuthentication": "BASIC_AUTH"}, "needs SchemaRegistrySecretArn"),
    (REGISTRIES[1] | {"SchemaRegistrySecretArn": SECRET % "r"}, "needs SchemaRegistryAuthentication"),
    (REGISTRIES[1], "SchemaRegistryUri needs OnFailureDestination"),
    ({"FunctionRegistryType": "glue"}, "need FunctionRegistryUrl"),
    ({"FunctionRegistrySecretArn": SECRET % "r"}, "need FunctionRegistryUrl"),
    ({"ValueFormat": "protobuf"}, "need FunctionRegistryUrl"),
    (OUR_REGISTRIES[1] | {"FunctionRegistrySecretArn": SECRET % "r"}, "AWS Glue knows the role"),
    ({"FunctionRegistryUrl": "https://user:password@registry.example.com"}, "an address without user and password"),
    ({"SubnetIds": "subnet-1, subnet-2", "SecurityGroupIds": "sg-1"}, "without spaces"),
    ({"Timeout": "900"}, "Timeout=900"),
    ({"Connector": "kafka-to-nowhere"}, "Connector=kafka-to-nowhere"),
    ({"Topic": ""}, "Topic must have a value"),
    ({"Schedule": "rate(1 hour)"}, "are only for a source"),
    ({"Schedule": "every minute"}, "an expression such as rate(1 minute)"),
]
IMPOSSIBLE_FOR_A_SOURCE = [
    ({"Mode": ""}, "Mode must have a value"),
    ({"Mode": "new"}, "Mode=new"),
    ({"BootstrapServers": ""}, "a source needs BootstrapServers"),
    ({"TopicPrefix": ""}, "a source needs TopicPrefix"),
    ({"TimestampColumn": ""}, "need TimestampColumn"),
    ({"Topic": "orders"}, "are only for a sink, whose topic a mapping reads"),
    ({"KafkaCaSecretArn": SECRET % "ca"}, "are only for a sink, whose topic a mapping reads"),
    ({"InsertMode": "upsert", "PkMode": "record_key"}, "only for a sink, which writes a table"),
    (LETTERS, "are only for a sink; give the options of a source in MoreOptions"),
    ({"ValueFormat": "debezium"}, "are only for a sink"),
    ({"ValueFormat": "avro"}, "need FunctionRegistryUrl"),
    ({"FunctionRegistryUrl": "https://registry.example.com"}, "of a source needs ValueFormat=avro"),
    ({"BatchSize": "7"}, "only for a sink, whose mapping polls"),
    ({"BisectBatch": "false"}, "are only for a sink, which is given batches"),
    ({"KafkaAuthentication": "mtls"}, "a source needs KafkaCertificateFile"),
    (LOGINS[4], "has no use for KafkaSecretArn"),
    ({"KafkaAuthentication": "scram-sha-512"}, "need KafkaSecretArn"),
    ({"ConnectionSecretArn": ""}, "needs ConnectionSecretArn"),
]
