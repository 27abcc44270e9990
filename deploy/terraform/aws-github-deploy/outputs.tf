output "role_arn" {
  description = "Value of the environment's variable DEPLOY_ROLE."
  value       = aws_iam_role.deploy.arn
}
