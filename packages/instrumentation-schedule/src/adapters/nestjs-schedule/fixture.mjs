// @nestjs/schedule as an application uses it, without the syntax of decorators; the contract suite calls it.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Interval, ScheduleModule } from '@nestjs/schedule';

export function open() {
  return {
    schedule: {
      async every(work) {
        class Reports {}
        const { name } = work;
        Object.defineProperty(Reports.prototype, name, { value: work, configurable: true, writable: true });
        Interval(5)(Reports.prototype, name, Object.getOwnPropertyDescriptor(Reports.prototype, name));
        class AppModule {}
        Module({ imports: [ScheduleModule.forRoot()], providers: [Reports] })(AppModule);
        const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
        return () => app.close();
      },
      owners: [],
    },
    close() {},
  };
}
