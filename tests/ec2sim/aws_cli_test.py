"""The official command line against the simulated cloud, as a user types it."""

from simulated_cloud import IMAGE


def test_aws_command_line(cloud, transcript):
    aws = lambda *arguments: transcript.aws(cloud, *arguments)  # noqa: E731
    cloud.script({"do": "delays", "boot": "0s", "shutdown": "0s"})
    aws("sts", "get-caller-identity", "--query", "Account")
    aws("ssm", "get-parameter", "--query", "Parameter.Value", "--name",
        "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")
    aws("service-quotas", "get-service-quota", "--service-code", "ec2", "--quota-code",
        "L-34B43A08", "--query", "Quota.Value")
    launch = ("ec2", "run-instances", "--image-id", IMAGE, "--instance-type", "c7i.large",
              "--client-token", "cli", "--instance-market-options", "MarketType=spot",
              "--query", "Instances[0].[InstanceId,InstanceLifecycle,State.Name]",
              "--output", "text")
    made = aws(*launch).split()[0]
    aws(*launch, "--count", "2")
    aws("ec2", "run-instances", "--image-id", IMAGE, "--instance-type", "c7i.large", "--dry-run")
    cloud.wait_for(made, "running")
    aws("ec2", "describe-instances", "--filters", "Name=client-token,Values=cli", "--query",
        "Reservations[].Instances[].[InstanceId,State.Name]", "--output", "text")
    aws("ec2", "terminate-instances", "--instance-ids", made)
    aws("secretsmanager", "get-secret-value", "--secret-id", "nothing")
    aws("pricing", "get-products", "--service-code", "AmazonEC2", "--query",
        "length(PriceList)", "--filters", "Type=TERM_MATCH,Field=instanceType,Value=t3.small")
    (cloud.folder / "bundle").write_bytes(b"a bundle")
    aws("s3api", "put-object", "--bucket", "mayfly-simulated", "--key", "bundle", "--if-none-match",
        "*", "--body", str(cloud.folder / "bundle"), "--query", "length(ETag)")
    aws("s3", "cp", "s3://mayfly-simulated/bundle", "-", "--quiet")
    aws("scheduler", "list-schedules")
