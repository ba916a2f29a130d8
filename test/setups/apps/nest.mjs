import 'reflect-metadata'
import { Controller, Get, Module, Param } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { answer } from './agent.cjs'

class ShopController {
  ask(expected) {
    return answer(expected)
  }
}
// What a TypeScript compiler makes of the decorators.
Param('expected')(ShopController.prototype, 'ask', 0)
Get(':expected')(
  ShopController.prototype,
  'ask',
  Object.getOwnPropertyDescriptor(ShopController.prototype, 'ask'),
)
Controller()(ShopController)

class AppModule {}
Module({ controllers: [ShopController] })(AppModule)

const app = await NestFactory.create(AppModule, { logger: ['error'] })
await app.listen(Number(process.env.PORT), '127.0.0.1')
