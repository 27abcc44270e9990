/** The next versions of an image: the same repository with other tags, so that everything else of the template stays. */
import type { PodTemplate } from '../../api/kubernetes.ts';
import type { VersionImages } from '../stage.ts';

export function versionsOf(image: string): VersionImages {
  const repository = repositoryOf(image);
  return { old: image, new: `${repository}:rehearsed`, next: `${repository}:rehearsed-next` };
}

/** Without tag and digest; a port of the registry is kept. */
function repositoryOf(image: string): string {
  const named = image.replace(/@.*$/, '');
  const colon = named.lastIndexOf(':');
  return colon > named.lastIndexOf('/') ? named.slice(0, colon) : named;
}

interface Container {
  readonly name?: string;
  readonly image?: string;
}

export function containersOf(template: PodTemplate | undefined): readonly Container[] {
  const containers = template?.spec?.containers;
  return Array.isArray(containers) ? (containers as readonly Container[]) : [];
}

/** The template with another image in its first container. */
export function withImage(template: PodTemplate, image: string): PodTemplate {
  const [first, ...others] = containersOf(template);
  return { ...template, spec: { ...template.spec, containers: [{ ...first, image }, ...others] } };
}
