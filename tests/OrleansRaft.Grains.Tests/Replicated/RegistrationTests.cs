using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Emit;
using OrleansRaft.ReplicatedGrains.Calls;
using OrleansRaft.ReplicatedGrains.Execution;

namespace OrleansRaft.Grains.Tests.Replicated;

/// <summary>What cannot be a replicated grain is refused with a sentence that names the type, and says what to do.</summary>
public sealed class RegistrationTests
{
    private static readonly ModuleBuilder Module = AssemblyBuilder
        .DefineDynamicAssembly(new AssemblyName("Refused"), AssemblyBuilderAccess.Run)
        .DefineDynamicModule("Refused");

    /// <summary>The generator refuses most of them when they are compiled; this is for what it did not see.</summary>
    [Theory]
    [InlineData("Number", "returns Int32; let it return Task")]
    [InlineData("Nothing", "returns Void; let it return Task")]
    [InlineData("Generic", "is generic, and methods of a replicated grain cannot be")]
    [InlineData("Reference", "takes value by reference")]
    [InlineData("get_Property", "belongs to a property or an event")]
    public void An_interface_with_an_unsupported_signature(string name, string sentence)
    {
        var type = Define($"I{name}", typeof(IReplicatedGrain), builder =>
        {
            var method = builder.DefineMethod(
                name, MethodAttributes.Public | MethodAttributes.Abstract | MethodAttributes.Virtual | MethodAttributes.NewSlot);
            method.SetReturnType(name == "Number" ? typeof(int) : name == "Nothing" ? typeof(void) : typeof(Task));
            if (name == "Generic")
            {
                method.DefineGenericParameters("T");
            }
            else if (name == "Reference")
            {
                method.SetParameters(typeof(int).MakeByRefType());
                method.DefineParameter(1, ParameterAttributes.None, "value");
            }
            else if (name == "get_Property")
            {
                method = builder.DefineMethod(
                    "get_Other",
                    MethodAttributes.Public | MethodAttributes.Abstract | MethodAttributes.Virtual | MethodAttributes.SpecialName,
                    typeof(Task),
                    []);
            }
        });

        Should.Throw<ArgumentException>(() => GrainInterface.Of(type)).Message.ShouldContain(sentence);
    }

    [Fact]
    public void An_interface_that_is_none_of_a_replicated_grain()
    {
        Refuse(typeof(IDisposable)).ShouldContain("System.IDisposable is not the interface of a replicated grain");
        Refuse(typeof(IReplicatedGrain)).ShouldContain("is not the interface of a replicated grain");
        Refuse(typeof(Account)).ShouldContain("is not the interface of a replicated grain");
        Refuse(typeof(IOfAnything<int>)).ShouldContain("is generic");
        Refuse(Define("IBoth", typeof(IReplicatedGrain), static builder => builder.AddInterfaceImplementation(typeof(IGrainWithStringKey))))
            .ShouldContain("extends both IReplicatedGrain and an interface of Orleans' own grains");
    }

    [Fact]
    public void An_interface_for_which_nothing_was_generated()
    {
        var type = Define("INotGenerated", typeof(IReplicatedGrain), static _ => { });
        var bench = GrainBench.Of<Account>();

        var create = typeof(ProxyTypes)
            .GetMethods()
            .Single(static one => one is { Name: "Create" } && one.GetParameters().Length == 1)
            .MakeGenericMethod(type);
        var refused = Should.Throw<TargetInvocationException>(() => create.Invoke(bench.Tools.Proxies, [null]));

        refused.InnerException.ShouldBeOfType<ArgumentException>().Message.ShouldContain("made no proxy for INotGenerated");
    }

    [Fact]
    public void A_class_that_was_added_twice() =>
        Build(static grains => grains.Add<Account>().Add<Account>()).ShouldContain($"{typeof(Account).FullName} twice; add it once");

    [Fact]
    public void A_class_without_an_interface() => Build(static grains => grains.Add<Homeless>())
        .ShouldContain($"{typeof(Homeless).FullName} cannot be added as a replicated grain: it has no interface of a replicated grain");

    [Fact]
    public void A_class_that_cannot_be_made() => Build(static grains => grains.Add<Vague>()).ShouldContain("it is abstract");

    [Fact]
    public void Two_classes_for_one_interface() => Build(static grains => grains.Add<Account>().Add<OtherAccount>())
        .ShouldContain($"has two classes for {typeof(IAccount).FullName}: {typeof(Account).FullName} and {typeof(OtherAccount).FullName}");

    [Fact]
    public void A_set_without_classes() => Build(static _ => { }).ShouldContain("The set 'bank' of replicated grains has no classes");

    [Fact]
    public void Two_sets_for_one_interface()
    {
        var one = new GrainSet("one", [GrainClass.Of(typeof(Account))], null, 1, verifiesCalls: false);
        var two = new GrainSet("two", [GrainClass.Of(typeof(OtherAccount))], null, 1, verifiesCalls: false);

        Should.Throw<InvalidOperationException>(() => new ReplicatedGrainSets([one, two])).Message
            .ShouldContain("has a class in the set 'one' and one in 'two'");
    }

    [Fact]
    public void A_mark_above_the_newest_version()
    {
        Build(static grains => grains.Add<NewShop>().Versions(newest: 1))
            .ShouldContain($"something of {typeof(NewShop).FullName} is marked [Since(2)]; raise it with grains.Versions(newest: 2)");
        Should.Throw<ArgumentOutOfRangeException>(() => new ReplicatedGrainSetBuilder().Versions(newest: 1, oldest: 2));
    }

    [Fact]
    public void A_state_without_a_serializer() => Bind<Plain>()
        .ShouldContain($"The states of {typeof(Plain).FullName} cannot be kept. Orleans has no serializer for {typeof(UnknownToOrleans).FullName}");

    [Fact]
    public void A_parameter_without_a_serializer() => Bind<Taker>()
        .ShouldContain($"{typeof(ITaker).FullName}.Take cannot be called. Orleans has no serializer for {typeof(UnknownToOrleans).FullName}");

    /// <summary>In a client, which knows no class that a check at its start could look at.</summary>
    [Fact]
    public void A_parameter_without_a_serializer_in_a_client()
    {
        var refused = Should.Throw<ArgumentException>(static () => GrainBench.Of<Account>().Grain<ITaker>("t"));

        refused.Message.ShouldContain($"{typeof(ITaker).FullName} cannot be called");
        refused.Message.ShouldContain(typeof(UnknownToOrleans).FullName!);
        refused.Message.ShouldContain("put [GenerateSerializer] on the type");
    }

    [Fact]
    public void A_state_whose_order_is_another_in_each_process() => Bind<Scattered>()
        .ShouldContain($"{typeof(ScatteredState).FullName} holds {typeof(ImmutableDictionary<string, int>)}, whose order is another in each process");

    [Fact]
    public void A_new_state_that_is_another_each_time() => Bind<Moody>().ShouldContain($"Two new states of {typeof(Moody).FullName}, of type "
        + $"{typeof(MoodyState).FullName}, differ");

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void A_key_that_cannot_be(string? key)
    {
        Should.Throw<ArgumentException>(() => GrainKey.Require(key, "key"));
        GrainKey.FindProblem(new string('k', GrainKey.BytesMax)).ShouldBeNull();
        GrainKey.FindProblem(new string('k', GrainKey.BytesMax + 1)).ShouldNotBeNull().ShouldContain("at most 400 bytes of UTF-8, and this one has "
            + "401");
        GrainKey.FindProblem(new string('é', 201)).ShouldNotBeNull();
        GrainKey.FindProblem(new string('\ud800', 1)).ShouldNotBeNull().ShouldContain("half a character");
    }

    [Fact]
    public async Task An_interface_for_which_no_set_has_a_class()
    {
        var bench = GrainBench.Of<Account>();

        var refused = await Should.ThrowAsync<NotCommittedException>(() => bench.Grain<IDiary>("d").Drop("a"));

        refused.Reason.ShouldBe(OrleansRaft.RejectionReason.UnknownGroup);
        refused.Message.ShouldContain($"has a class for {typeof(IDiary).FullName} ('test.IDiary')");
    }

    /// <summary>As on a silo that was started without the class: it refuses the call, and halts before an entry that holds one.</summary>
    [Fact]
    public void A_call_of_a_class_that_this_silo_was_not_given()
    {
        var (with, without) = (new GrainBench(static grains => grains.Add<Account>().Add<Diary>()), GrainBench.Of<Diary>());
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        new GrainCallCodec(with.Tools.Serializer, null).Write(
            new GrainCall { Request = with.Tools.Serializer.SerializeToArray<object>(RequestOf(with)) }, output);

        var refused = Should.Throw<CorruptDataException>(
            () => new GrainCallCodec(without.Tools.Serializer, without.Bound.Set).Read(output.WrittenMemory));

        refused.Message.ShouldContain($"no class of the set 'bench' on this silo has the interface {typeof(IAccount).FullName}");
        refused.Message.ShouldContain("on every silo");
    }

    [Fact]
    public void Something_that_no_factory_gave_has_no_other_way_to_be_called() =>
        Should.Throw<ArgumentException>(static () => ((IAccount)new Account()).With("r")).Message.ShouldContain("GetReplicatedGrain");

    private static IRequest RequestOf(GrainBench bench)
    {
        var seen = new Recorder(bench.Tools);
        _ = bench.Tools.Proxies.Create<IAccount>(seen).Deposit(1);
        return seen.Request!;
    }

    private static string Refuse(Type type) => Should.Throw<ArgumentException>(() => GrainInterface.Of(type)).Message;

    private static string Build(Action<ReplicatedGrainSetBuilder> configure) => Should.Throw<ArgumentException>(() =>
    {
        var builder = new ReplicatedGrainSetBuilder();
        configure(builder);
        builder.Build("bank");
    }).Message;

    private static string Bind<TGrain>()
        where TGrain : ReplicatedGrain => Should.Throw<InvalidOperationException>(GrainBench.Of<TGrain>).Message;

    private static Type Define(string name, Type parent, Action<TypeBuilder> fill)
    {
        var builder = Module.DefineType(name, TypeAttributes.Interface | TypeAttributes.Abstract | TypeAttributes.Public);
        builder.AddInterfaceImplementation(parent);
        fill(builder);
        return builder.CreateType();
    }

    private sealed class Recorder(CallTools tools) : ReplicatedGrainTarget(tools)
    {
        public IRequest? Request { get; private set; }

        internal override ValueTask<T> InvokeAsync<T>(IRequest request)
        {
            Request = request;
            return default;
        }

        internal override ValueTask InvokeAsync(IRequest request) => default;

        internal override ReplicatedGrainTarget With(Func<CallOptions, CallOptions> change) => this;
    }
}

public interface IOfAnything<T> : IReplicatedGrain
{
    Task Take(T value);
}

public sealed class Homeless : ReplicatedGrain<AccountState>;

public abstract class Vague : ReplicatedGrain<AccountState>, IOther;

public interface IOther : IReplicatedGrain;

[Alias("test.OtherAccount")]
public sealed class OtherAccount : ReplicatedGrain<AccountState>, IAccount
{
    public Task<decimal> Deposit(decimal amount) => throw new NotSupportedException();

    public Task<decimal> Withdraw(decimal amount) => throw new NotSupportedException();

    public Task Send(string to, decimal amount) => throw new NotSupportedException();

    public Task<bool> TrySend(string to, decimal amount) => throw new NotSupportedException();

    public ValueTask Close() => throw new NotSupportedException();

    public ValueTask<decimal> Balance() => throw new NotSupportedException();

    public Task<decimal> Total(string[] keys) => throw new NotSupportedException();

    public Task Sneak() => throw new NotSupportedException();

    public Task Throw(string kind) => throw new NotSupportedException();

    public Task<int> Note(List<string> texts) => throw new NotSupportedException();

    public Task Wait() => throw new NotSupportedException();

    public Task<bool> SeesCancellation(CancellationToken cancellation) => throw new NotSupportedException();

    public Task<byte[]> Answer(int bytes) => throw new NotSupportedException();

    public Task Fill(int bytes) => throw new NotSupportedException();

    public Task<int> Deep(int depth) => throw new NotSupportedException();

    public ValueTask<object> AnswerAnything(bool isKnown) => throw new NotSupportedException();
}

public interface IPlain : IReplicatedGrain;

public sealed class Plain : ReplicatedGrain<UnknownToOrleans>, IPlain;

public interface ITaker : IReplicatedGrain
{
    Task Take(UnknownToOrleans value);
}

public sealed class Taker : ReplicatedGrain<AccountState>, ITaker
{
    public Task Take(UnknownToOrleans value) => Task.CompletedTask;
}

[GenerateSerializer]
public sealed class ScatteredState
{
    [Id(0)]
    public List<ImmutableDictionary<string, int>> Numbers { get; set; } = [];
}

public interface IScattered : IReplicatedGrain;

public sealed class Scattered : ReplicatedGrain<ScatteredState>, IScattered;

[GenerateSerializer]
public sealed class MoodyState
{
    [Id(0)]
    public Guid Mood { get; set; } = Guid.NewGuid();
}

public interface IMoody : IReplicatedGrain;

public sealed class Moody : ReplicatedGrain<MoodyState>, IMoody;
