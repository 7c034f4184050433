using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains;

/// <summary>One set of groups as a silo was configured with it.</summary>
internal sealed record StateMachineRegistration(GroupSet Set)
{
    /// <summary>Describes a set whose groups run <typeparamref name="TMachine"/>.</summary>
    public static StateMachineRegistration Of<TCommand, TResult, TMachine>(string name, int groups, int replicas)
        where TMachine : class, IStateMachine<TCommand, TResult> =>
        new(new GroupSet(name, groups, replicas));
}
