using System.Collections.Immutable;
using System.Reflection;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Client;
using OrleansRaft.Core;
using OrleansRaft.ReplicatedGrains.Calls;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.ReplicatedGrains.Execution;

/// <summary>A class of replicated grains, as it was added to a set. Any thread.</summary>
internal sealed class GrainClass
{
    /// <summary>The longest name, in bytes of UTF-8.</summary>
    public const int NameBytesMax = 128;

    private readonly ObjectFactory make;
    private readonly Lazy<bool> mayNeedVersion;

    private GrainClass(Type type, Type state, ImmutableArray<GrainInterface> interfaces, string name)
    {
        (Type, State, Interfaces, Name) = (type, state, interfaces, name);
        NameBytes = Encoding.UTF8.GetBytes(name);
        MayStayAsRead = PlainStates.IsPlain(state);
        Texts = StateTexts.Of(state);
        mayNeedVersion = new Lazy<bool>(() => CommandVersions.MayNeed(state));
        make = ActivatorUtilities.CreateFactory(type, []);
    }

    /// <summary>The class.</summary>
    public Type Type { get; }

    /// <summary>The type of its states.</summary>
    public Type State { get; }

    /// <summary>Its interfaces.</summary>
    public ImmutableArray<GrainInterface> Interfaces { get; }

    /// <summary>Its name in states: its alias, or its full name.</summary>
    public string Name { get; }

    /// <summary>The name in UTF-8.</summary>
    public byte[] NameBytes { get; }

    /// <summary>Whether states may stay objects as they were read.</summary>
    public bool MayStayAsRead { get; }

    /// <summary>What tells whether a state may stay an object as a call has changed it; null where none may.</summary>
    public StateTexts? Texts { get; }

    /// <summary>Whether states may hold what needs more than the first version.</summary>
    public bool MayNeedVersion => mayNeedVersion.Value;

    /// <summary>The newest version that anything of it is marked with.</summary>
    public int NewestMark => Interfaces.SelectMany(static one => one.Methods)
        .SelectMany(static method => method.GetParameters()
            .Select(static parameter => parameter.GetCustomAttribute<SinceAttribute>()?.Version ?? MachineVersions.Initial)
            .Append(CallMethod.SinceOf(method)))
        .Concat(FieldsOf(State).Select(static one => CommandVersions.MarkOf(one)?.Version ?? MachineVersions.Initial))
        .DefaultIfEmpty(MachineVersions.Initial)
        .Max();

    /// <summary>Describes a class.</summary>
    /// <param name="type">The class.</param>
    /// <param name="name">Its name in states; null for its alias, or its full name.</param>
    /// <exception cref="ArgumentException">It cannot be a replicated grain; the message says why, and what to do.</exception>
    public static GrainClass Of(Type type, string? name = null)
    {
        var state = StateOf(type);
        var problem =
            type.IsAbstract ? "is abstract; add a class that can be made."
            : type.ContainsGenericParameters ? "is an open generic type; add a class for each type of arguments."
            : state is null ? $"does not derive from {nameof(ReplicatedGrain)}<TState>; let it, with the type of its state."
            : null;
        var interfaces = type.GetInterfaces().Where(GrainInterface.IsOne).ToList();
        if (problem is null && interfaces.Count == 0)
        {
            problem = $"has no interface of a replicated grain; let it implement one that extends {nameof(IReplicatedGrain)}.";
        }

        name ??= GrainInterface.NameOf(type);
        if (problem is null && (Encoding.UTF8.GetByteCount(name) > NameBytesMax || name.AsSpan().ContainsAnyInRange('\0', '\u0001')))
        {
            problem = $"has a name of more than {NameBytesMax} bytes; give it a shorter [Alias], under which its states are kept.";
        }

        return problem is null
            ? new GrainClass(type, state!, [.. interfaces.Select(GrainInterface.Of)], name)
            : throw new ArgumentException($"{type.FullName} cannot be added as a replicated grain: it {problem}", nameof(type));
    }

    /// <summary>A sentence about what Orleans cannot serialize of it; null when there is nothing.</summary>
    public string? FindUnserializable(IServiceProvider services)
    {
        if (Serializers.FindProblem(services, Serializers.GrainRemedy, State) is { } ofState)
        {
            return $"The states of {Type.FullName} cannot be kept. {ofState}";
        }

        if (PlainStates.FindUnordered(State) is { } unordered)
        {
            return $"The states of {Type.FullName} cannot be compared: {State.FullName} holds {unordered}, whose order is another in each process. "
                + "Use a sorted "
                + "collection, a list, or a Dictionary or HashSet, which keep the order of what was added.";
        }

        foreach (var method in Interfaces.SelectMany(static one => one.Methods))
        {
            var result = method.ReturnType.IsGenericType ? method.ReturnType.GetGenericArguments() : [];
            var types = method.GetParameters()
                .Select(static one => one.ParameterType)
                .Where(static one => one != typeof(CancellationToken))
                .Concat(result);
            if (Serializers.FindProblem(services, Serializers.GrainRemedy, [.. types]) is { } ofMethod)
            {
                return $"{method.DeclaringType!.FullName}.{method.Name} cannot be called. {ofMethod}";
            }
        }

        return null;
    }

    /// <summary>Makes an instance for one call.</summary>
    public ReplicatedGrain Make(IServiceProvider services) => (ReplicatedGrain)make(services, null);

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static Type? StateOf(Type type)
    {
        for (var one = type; one is not null; one = one.BaseType)
        {
            if (one.IsGenericType && one.GetGenericTypeDefinition() == typeof(ReplicatedGrain<>))
            {
                return one.GetGenericArguments()[0];
            }
        }

        return null;
    }

    private static IEnumerable<FieldInfo> FieldsOf(Type state)
    {
        for (var one = state; one is not null && one != typeof(object); one = one.BaseType)
        {
            foreach (var field in one.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            {
                yield return field;
            }
        }
    }
}
