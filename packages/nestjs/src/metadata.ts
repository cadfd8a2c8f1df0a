import { SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';

/** A controller's class, or the method of one of its routes. */
export type Decorated = Parameters<Reflector['get']>[1];

const reflector = new Reflector();

/** What decorators have left on a class, those it extends included, or on a method. */
export function metadataOf(key: string, place: Decorated): unknown {
  return reflector.get<unknown, string>(key, place);
}

/** The guards, the filters or the names that decorators have put there, in the order in which Nest takes them. */
export function listOf(key: string, place: Decorated): readonly unknown[] {
  return (metadataOf(key, place) as readonly unknown[] | undefined) ?? [];
}

export function setMetadata(key: string, value: unknown, place: Decorated): void {
  SetMetadata(key, value)(place);
}
