variable "repository" {
  description = "The repository that may deploy, as owner/name."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.repository))
    error_message = "Give owner/name, without wildcards: whoever matches may take the role."
  }
}

variable "environment" {
  description = "The environment of the repository whose jobs may deploy, for instance production. A job without it gets no role."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z0-9_-]+$", var.environment))
    error_message = "Give the name of one environment, without wildcards."
  }
}

variable "role_name" {
  description = "Name of the role."
  type        = string
  default     = "deploy"
}

variable "create_provider" {
  description = "Whether to make the account's OIDC provider for GitHub. There is one for each account: false where it exists."
  type        = bool
  default     = true
}

variable "eks_cluster_arns" {
  description = "EKS clusters that are deployed to; none where there is no EKS. What the role may do inside is said by RBAC, through eks_groups."
  type        = list(string)
  default     = []
}

variable "eks_groups" {
  description = "Kubernetes groups that the role is a member of in those clusters."
  type        = list(string)
  default     = ["deployers"]
}

variable "ecs_service_arns" {
  description = "ECS services that are deployed to; none where there is no ECS."
  type        = list(string)
  default     = []
}

variable "ecs_task_role_arns" {
  description = "Roles that the tasks of those services run with and are started with. The deploy role may hand on these and no others."
  type        = list(string)
  default     = []
}
