export * as common from '@nestjs/common';
export * as constants from '@nestjs/common/constants.js';
export * as core from '@nestjs/core';
export { MessagePattern } from '@nestjs/microservices';
export { ExpressAdapter } from '@nestjs/platform-express';
export { FastifyAdapter } from '@nestjs/platform-fastify';
