global using OrleansRaft.Runtime;
global using Shouldly;
global using Xunit;
