# A cluster that exists gets Rampart by its chart, and the production environment of one repository may deploy to it.

terraform {
  required_version = ">= 1.6"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.60, < 7.0"
    }
    helm = {
      source  = "hashicorp/helm"
      version = "~> 3.0"
    }
  }
}

variable "cluster_name" {
  description = "An EKS cluster."
  type        = string
}

variable "image_digest" {
  description = "Digest of the Rampart image, sha256:..., as the release names it."
  type        = string
  validation {
    condition     = can(regex("^sha256:[0-9a-f]{64}$", var.image_digest))
    error_message = "Give the digest: a tag can be moved."
  }
}

variable "image_repository" {
  description = "Where the Rampart image is."
  type        = string
}

variable "repository" {
  description = "The repository that may deploy, as owner/name."
  type        = string
}

data "aws_eks_cluster" "this" {
  name = var.cluster_name
}

data "aws_eks_cluster_auth" "this" {
  name = var.cluster_name
}

provider "helm" {
  kubernetes = {
    host                   = data.aws_eks_cluster.this.endpoint
    cluster_ca_certificate = base64decode(data.aws_eks_cluster.this.certificate_authority[0].data)
    token                  = data.aws_eks_cluster_auth.this.token
  }
}

resource "helm_release" "rampart" {
  name             = "rampart"
  namespace        = "rampart-system"
  create_namespace = true
  chart            = "${path.module}/../../../charts/rampart"
  values = [yamlencode({
    image               = { repository = var.image_repository, digest = var.image_digest }
    replicaCount        = 2
    podDisruptionBudget = { enabled = true }
  })]
}

module "deploy" {
  source           = "../aws-github-deploy"
  repository       = var.repository
  environment      = "production"
  role_name        = "deploy-production"
  eks_cluster_arns = [data.aws_eks_cluster.this.arn]
}

output "deploy_role" {
  description = "Value of the environment's variable DEPLOY_ROLE."
  value       = module.deploy.role_arn
}
