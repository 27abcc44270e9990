# GitHub's OIDC provider, and a role that one environment of one repository may take for an hour. Its rights are what the workflow `deploy` does.

locals {
  issuer   = "token.actions.githubusercontent.com"
  provider = var.create_provider ? aws_iam_openid_connect_provider.github[0].arn : data.aws_iam_openid_connect_provider.github[0].arn
}

resource "aws_iam_openid_connect_provider" "github" {
  count          = var.create_provider ? 1 : 0
  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_openid_connect_provider" "github" {
  count = var.create_provider ? 0 : 1
  url   = "https://${local.issuer}"
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [local.provider]
    }
    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }
    # Equal, not like: a fork, another branch's job or another environment has another subject.
    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = ["repo:${var.repository}:environment:${var.environment}"]
    }
  }
}

resource "aws_iam_role" "deploy" {
  name                 = var.role_name
  description          = "Deploys from ${var.repository}, environment ${var.environment}"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = 3600
}

data "aws_iam_policy_document" "deploy" {
  # `aws eks update-kubeconfig`
  dynamic "statement" {
    for_each = length(var.eks_cluster_arns) > 0 ? [1] : []
    content {
      sid       = "ReadClusters"
      actions   = ["eks:DescribeCluster"]
      resources = var.eks_cluster_arns
    }
  }

  # `release-ecs`: which task definition there is, another one, and back.
  dynamic "statement" {
    for_each = length(var.ecs_service_arns) > 0 ? [1] : []
    content {
      sid       = "ReleaseServices"
      actions   = ["ecs:DescribeServices", "ecs:UpdateService"]
      resources = var.ecs_service_arns
    }
  }

  # These two know no resource to narrow them by.
  dynamic "statement" {
    for_each = length(var.ecs_service_arns) > 0 ? [1] : []
    content {
      sid       = "TaskDefinitions"
      actions   = ["ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"]
      resources = ["*"]
    }
  }

  dynamic "statement" {
    for_each = length(var.ecs_task_role_arns) > 0 ? [1] : []
    content {
      sid       = "HandOnTaskRoles"
      actions   = ["iam:PassRole"]
      resources = var.ecs_task_role_arns
      condition {
        test     = "StringEquals"
        variable = "iam:PassedToService"
        values   = ["ecs-tasks.amazonaws.com"]
      }
    }
  }
}

resource "aws_iam_role_policy" "deploy" {
  count  = length(var.eks_cluster_arns) + length(var.ecs_service_arns) > 0 ? 1 : 0
  name   = "deploy"
  role   = aws_iam_role.deploy.id
  policy = data.aws_iam_policy_document.deploy.json
}

# Inside a cluster the role is a member of these groups, and nothing by itself: deploy/kubernetes/deployer binds them to what a release needs.
resource "aws_eks_access_entry" "deploy" {
  for_each          = toset(var.eks_cluster_arns)
  cluster_name      = element(split("/", each.value), 1)
  principal_arn     = aws_iam_role.deploy.arn
  kubernetes_groups = var.eks_groups
}
