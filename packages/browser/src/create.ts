/** An element whose id and part have the same name. */
export function create<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  part: string,
  attributes: object = {},
  ...children: Node[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries({ id: part, part, ...attributes })) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
